/** Integers that asconfig.json gives to a build. */

/** 1 in the builds for engines that merge two 128-bit operations into a 256-bit one, else 0. */
declare const WIDE: i32;
