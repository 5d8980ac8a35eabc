import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * A JSON file that is always replaced as a whole: written beside itself, flushed, renamed. Saves that come during a
 * write share the next one, so that a burst of changes costs two writes and not hundreds.
 */
export class JsonFile {
  readonly #path: string;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  }

  /** The content, or null when there is no file. A file that is not JSON is renamed and counts as none. */
  load(): unknown {
    let content: string;
    try {
      content = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      return JSON.parse(content) as unknown;
    } catch {
      renameSync(this.#path, `${this.#path}.unreadable`);
      return null;
    }
  }

  /** Resolves when what `snapshot` returns, taken after this call, is on disk. */
  save(snapshot: () => unknown): Promise<void> {
    this.#next ??= this.#current.then(() => {
      this.#next = null;
      const written = this.#write(JSON.stringify(snapshot()));
      // A failed write is reported to those who wait for it and must not stop the ones after it.
      this.#current = written.catch(() => undefined);
      return written;
    });
    return this.#next;
  }

  /** Resolves when no write is under way or waiting. */
  async idle(): Promise<void> {
    await (this.#next ?? this.#current);
  }

  async #write(content: string): Promise<void> {
    const temporary = `${this.#path}.new`;
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
  }
}
