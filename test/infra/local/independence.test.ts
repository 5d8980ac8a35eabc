import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const folder = join(import.meta.dirname, '../../../infra/local');

const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));

describe('the local cloud', () => {
  test('is a folder with everything in it: pass in what it needs from outside', () => {
    const outside = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)]
        .map(([, name]) => relative(folder, resolve(folder, dirname(file), name!)))
        .filter((target) => target.startsWith('..'))
        .map((target) => `infra/local/${file} imports ${target}`),
    );
    expect(sources.length).toBeGreaterThan(30);
    expect(outside).toEqual([]);
  });

  test('names nothing of the product that it runs: read it from the templates, or take it as an option', () => {
    const product = /\b(annex|portal|registrar|invoice|ticket|stripe|paypal)/i;
    const naming = sources.filter(({ text }) => product.test(text)).map(({ file }) => file);
    expect(naming).toEqual([]);
  });
});
