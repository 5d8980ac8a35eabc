// pngjs ships no types. Its main file would bring all that writes a PNG into the bundle.

declare module 'pngjs/lib/parser-sync.js' {
  /** Red, green, blue and opacity of each pixel, eight bits each. */
  export default function readPng(png: Buffer, options: object): { data: Buffer };
}

declare module 'pngjs/lib/interlace.js' {
  /** The passes that have a pixel. */
  export function getImagePasses(width: number, height: number): { width: number; height: number }[];
}
