import { brotliDecompressSync } from 'node:zlib';

/**
 * Stands in for the `brotli` package, with which fontkit unpacks WOFF2: its dictionary would be half of this
 * function's bundle, and Node can do it too.
 */
export default function decompress(bytes: Uint8Array): Uint8Array {
  return brotliDecompressSync(bytes);
}
