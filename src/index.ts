/** The package for the host at hand: its binding with all public names, which stand in public.ts. */
export * from "#binding";
