import { createHash } from 'node:crypto';
import type { Files, LookedAt, StoredVersion } from '../../../shared/tickets/attachment.ts';

/** The object store in memory; a test uploads by putting into `objects` what a browser would. */
export class MemoryFiles implements Files {
  readonly objects = new Map<string, Uint8Array>();

  async uploadLink(key: string, contentType: string, size: number) {
    const headers = {
      'content-type': contentType,
      'content-length': String(size),
      'if-none-match': '*',
    };
    return { url: `https://files.test/${key}`, headers };
  }

  async downloadLink(
    key: string,
    _fileName: string,
    _contentType?: string,
    versionId?: string,
  ): Promise<string> {
    return `https://files.test/${key}?${versionId === undefined ? 'download' : `versionId=${versionId}`}`;
  }

  async look(key: string, bytes: number): Promise<LookedAt | undefined> {
    const content = this.objects.get(key);
    if (!content) return undefined;
    return { ...versionOf(content), size: content.byteLength, head: content.subarray(0, bytes) };
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    return this.objects.get(key);
  }

  async exists(key: string): Promise<boolean> {
    return this.objects.has(key);
  }

  async putNew(key: string, content: Uint8Array): Promise<void> {
    if (!this.objects.has(key)) this.objects.set(key, content);
  }

  async put(key: string, content: Uint8Array): Promise<StoredVersion> {
    this.objects.set(key, content);
    return versionOf(content);
  }

  async remove(key: string): Promise<void> {
    this.objects.delete(key);
  }
}

/** Versions of the same content are one here: it is all that a test can tell of them. */
export function versionOf(content: Uint8Array): StoredVersion {
  const checksum = createHash('md5').update(content).digest('hex');
  return { versionId: `v-${checksum.slice(0, 8)}`, checksum };
}
