import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ladder, ruleFiles } from './ladder.ts';
import { type Rule, rules } from './rules.ts';
import { root, sourcesIn } from './sources.ts';

const tree = ['shared', 'functions', 'infra', 'test'].flatMap(sourcesIn);
const byFile = new Map(tree.map((source) => [source.file, source]));

test('the sources are read as they are', () => {
  expect(byFile.get('functions/contacts/index.ts')?.imports.map(({ target }) => target)).toContain(
    'shared/aws/dynamo-table.ts',
  );
  for (const { imports } of tree) {
    for (const { target } of imports) {
      if (/^(shared|functions|infra|test)\//.test(target))
        expect(existsSync(join(root, target)) && target).toBe(target);
    }
  }
});

test.each(Object.values<Rule>(rules))('$promise', ({ offences, instead }) => {
  expect(offences(tree), instead).toEqual([]);
});

test('every module of shared/ is in the ladder, and every file of rules exists', () => {
  const modules = tree.flatMap(({ file }) => /^shared\/([^/]+)\//.exec(file)?.[1] ?? []);
  expect([...new Set(modules)].toSorted()).toEqual(ladder.toSorted());
  expect(ruleFiles.filter((file) => !byFile.has(file))).toEqual([]);
});
