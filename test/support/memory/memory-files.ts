import type { Files } from '../../../shared/tickets/attachment.ts';

/** The object store in memory; a test uploads by putting into `objects` what a browser would. */
export class MemoryFiles implements Files {
  readonly objects = new Map<string, Uint8Array>();

  async uploadLink(key: string, contentType: string, size: number) {
    const headers = { 'content-type': contentType, 'content-length': String(size) };
    return { url: `https://files.test/${key}`, headers };
  }

  async downloadLink(key: string): Promise<string> {
    return `https://files.test/${key}?download`;
  }

  async size(key: string): Promise<number | undefined> {
    return this.objects.get(key)?.byteLength;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    return this.objects.get(key);
  }

  async head(key: string, bytes: number): Promise<Uint8Array | undefined> {
    return this.objects.get(key)?.subarray(0, bytes);
  }

  async put(key: string, content: Uint8Array): Promise<void> {
    this.objects.set(key, content);
  }
}
