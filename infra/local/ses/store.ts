import { createReadStream, mkdirSync } from 'node:fs';
import { appendFile, open, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Message } from './message.ts';

const KEPT = 5000;

/**
 * The newest sent messages, in memory and, with a path, as lines of JSON at the end of a file. A half-written last
 * line, as a killed process leaves, is skipped when the file is read.
 */
export class MessageStore {
  #messages: Message[] = [];
  readonly #path: string | null;
  /** Writes happen one after the other, so that the file has the order of the memory. */
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string | null) {
    this.#path = path;
  }

  static async open(path: string | null): Promise<MessageStore> {
    const store = new MessageStore(path);
    if (path !== null) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      await store.#load(path);
    }
    return store;
  }

  /** Oldest first. */
  all(): Message[] {
    return [...this.#messages];
  }

  add(message: Message): Promise<void> {
    this.#messages.push(message);
    if (this.#messages.length > KEPT) this.#messages.shift();
    return this.#write((path) => appendFile(path, `${JSON.stringify(message)}\n`, { mode: 0o600 }));
  }

  clear(): Promise<void> {
    this.#messages = [];
    return this.#write((path) => writeFile(path, '', { mode: 0o600 }));
  }

  /** Resolves when everything is written. */
  async idle(): Promise<void> {
    await this.#last;
  }

  #write(task: (path: string) => Promise<void>): Promise<void> {
    const path = this.#path;
    if (path === null) return Promise.resolve();
    const written = this.#last.then(() => task(path));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #load(path: string): Promise<void> {
    // Opening for appending makes the file if there is none yet.
    await (await open(path, 'a', 0o600)).close();
    let lines = 0;
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      lines += 1;
      try {
        this.#messages.push(JSON.parse(line) as Message);
      } catch {
        continue;
      }
      if (this.#messages.length > KEPT) this.#messages.shift();
    }
    if (lines === this.#messages.length) return;
    // Rewritten without old and broken lines, so that the next line is not appended to half a line.
    const content = this.#messages.map((message) => `${JSON.stringify(message)}\n`);
    await writeFile(`${path}.new`, content, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
}
