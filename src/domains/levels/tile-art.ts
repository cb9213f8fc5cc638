/**
 * Drawings of tiles, 8 x 8 pixels each, chosen by the tags of the legend: own drawings, simple but easy to tell apart. A letter
 * is a colour of `colours`; a dot shows what is behind the tile.
 */

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Pixels of a side of a drawing. */
export const artSide = 8;

/** Colours by letter. */
export const colours: Readonly<Record<string, Rgb>> = {
  a: [146, 190, 240], // sky
  w: [255, 255, 255],
  k: [32, 28, 36],
  o: [200, 104, 52], // earth
  O: [228, 148, 92],
  d: [136, 64, 36],
  r: [184, 72, 40], // bricks
  R: [214, 112, 72],
  y: [250, 190, 56], // question blocks, coins
  Y: [255, 228, 140],
  n: [176, 116, 24],
  g: [52, 160, 72], // pipes
  G: [128, 216, 120],
  h: [24, 96, 48],
  m: [122, 68, 40], // enemies
  M: [168, 104, 64],
  s: [96, 100, 116], // cannons, walls
  S: [148, 152, 168],
  t: [60, 62, 76],
  f: [236, 212, 168], // floor
  F: [222, 194, 146],
  u: [64, 120, 208], // water
  U: [128, 176, 236],
  p: [104, 176, 168], // walls of dungeons
  P: [144, 208, 196],
  q: [56, 120, 120],
  v: [24, 22, 30], // outside
};

const rows = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Drawings by the tags that a tile must have; the first that fits is taken. */
export const drawings: readonly { readonly tags: readonly string[]; readonly art: readonly string[] }[] = [
  { tags: ["top-left pipe"], art: rows("hhhhhhhh hGGggggg hGGggggg hGGggggg hGGggggg hhhhhhhh .hGGgggg .hGGgggg") },
  { tags: ["top-right pipe"], art: rows("hhhhhhhh ggggghgh ggggghgh ggggghgh ggggghgh hhhhhhhh gggghgh. gggghgh.") },
  { tags: ["left pipe"], art: rows(".hGGgggg ".repeat(8)) },
  { tags: ["right pipe"], art: rows("gggghgh. ".repeat(8)) },
  { tags: ["Cannon top"], art: rows(".tttttt. tSSsssst tSsssstt tSsstsst tSssssst tSsssstt .tttttt. ..tsst..") },
  { tags: ["Cannon bottom"], art: rows("..tsst.. ..tsst.. .tSssst. .tSssst. tSssssst tSssssst tSssssst tttttttt") },
  {
    tags: ["full question block"],
    art: rows("nnnnnnnn nYyyyyyn nyykkyyn nyyyykyn nyyykyyn nyyyyyyn nyyykyyn nnnnnnnn"),
  },
  { tags: ["question block"], art: rows("nnnnnnnn nYyyyyyn nykyykyn nyyyyyyn nyyyyyyn nykyykyn nyyyyyyn nnnnnnnn") },
  { tags: ["enemy"], art: rows("...mm... ..mMMm.. .mwkkwm. mMwkkwMm mMMMMMMm .mYYYYm. .kkYYkk. kkk..kkk") },
  { tags: ["monster"], art: rows("...rr... ..rRRr.. .rwkkwr. rRwkkwRr rRRRRRRr .rYYYYr. .kkYYkk. kkk..kkk") },
  { tags: ["coin"], art: rows("...nn... ..nYyn.. ..nYyn.. ..nYyn.. ..nYyn.. ..nYyn.. ..nYyn.. ...nn...") },
  { tags: ["breakable"], art: rows("RRRRRRRR rrrkrrrk rrrkrrrk kkkkkkkk rkrrrkrr rkrrrkrr rkrrrkrr kkkkkkkk") },
  { tags: ["ground"], art: rows("OOOOOOOd Oooooood Ooooodod Oooooood Ooodoood Oooooood Odoooodd dddddddd") },
  { tags: ["door"], art: rows("dddddddd dMMmmMMd dMMmmMMd dMMmmMMd dMMmmnMd dMMmmMMd dMMmmMMd dMMmmMMd") },
  { tags: ["stair"], art: rows("ffffffff ttffffff ttffffff ttttffff ttttffff ttttttff ttttttff tttttttt") },
  { tags: ["element", "floor"], art: rows("uUuufffF uuuufFff UuuuffFf uuuufFff ffFfuUuu FffFuuuu fFffUuuu ffFfuuuu") },
  { tags: ["element", "block"], art: rows("uUuuPPPq uuuuPppq UuuuPppq uuuuqqqq PPPquUuu PppquuuU PppqUuuu qqqquuuu") },
  { tags: ["element"], art: rows("uuuuuuuu uUUuuuuu UuuUuuUU uuuuUUuu uuuuuuuu uuuuUUuu UUuUuuUu uuUuuuuU") },
  { tags: ["block"], art: rows("PPPPPPPq PppppppP PpPPPPqq PpPppqpq PpPppqpq PpPqqqpq Ppppppqq qqqqqqqq") },
  { tags: ["wall"], art: rows("ppppqppp ppppqppp ppppqppp qqqqqqqq qppppppp qppppppp qppppppp qqqqqqqq") },
  { tags: ["floor"], art: rows("ffffffff ffffffFf ffffffff ffFfffff ffffffff fffffFff fFffffff ffffffff") },
  { tags: ["void"], art: rows("vvvvvvvv ".repeat(8)) },
  { tags: ["solid"], art: rows("SSSSSSSt Ssssssst Ssssssst Ssssssst Ssssssst Ssssssst Ssssssst tttttttt") },
  { tags: ["empty"], art: rows("........ ".repeat(8)) },
  { tags: ["passable"], art: rows("........ ".repeat(8)) },
];
