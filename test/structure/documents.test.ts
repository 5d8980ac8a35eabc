import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './sources.ts';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const adr = readdirSync(join(root, 'docs/adr')).map((file) => `docs/adr/${file}`);

/** Paths of the tree that a document names, in backticks. */
const pathsIn = (text: string) =>
  [...text.matchAll(/`((?:shared|functions|infra|test|docs)\/[\w./-]*)`/g)].map(([, path]) => path!);

const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/security.md', ...adr];

test.each(documents)('%s has nothing left of a merge', (document) => {
  expect(read(document)).not.toMatch(/^(\| )?(<{7}|={7}|>{7})/m);
});

test.each(documents)('%s names no path that is gone', (document) => {
  expect(pathsIn(read(document)).filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('every answer to “Where is …?” is one hop away: what it names is in the file that it names', () => {
  const table = read('README.md').split('## Where is …?')[1]!;
  const named = [...table.matchAll(/`(\w+)`(?: and `(\w+)`)? in `([\w./-]+\.ts)`/g)];
  expect(named.length).toBeGreaterThan(5);
  for (const [, one, other, file] of named) {
    for (const name of [one, other]) {
      if (name !== undefined) expect(read(file!), `${name} in ${file}`).toMatch(new RegExp(`\\b${name}\\b`));
    }
  }
});
