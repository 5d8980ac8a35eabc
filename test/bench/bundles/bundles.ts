import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { bundleFunctions, bundleOptions, functionNames } from '../../../infra/bundle.ts';
import { median } from '../measure.ts';
import { environments } from './environments.ts';
import { against, type Row, type Section, verdict } from '../report.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const starts = 7;
const largestKb = 700;

/** What any function would need that speaks to the table, and nothing of ours. */
const bareSource = `
  import middy from '@middy/core';
  import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
  import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, QueryCommand, TransactWriteCommand }
    from '@aws-sdk/lib-dynamodb';
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  const commands = { BatchGetCommand, GetCommand, QueryCommand, TransactWriteCommand };
  export const handler = middy().handler(({ command, input }) => documents.send(new commands[command](input)));
`;

/** Bundled as ours are, or the comparison is none. */
function bundleBare(outfile: string): void {
  const stdin = { contents: bareSource, resolveDir: root, sourcefile: 'bare.ts' };
  buildSync({ ...bundleOptions, stdin, outfile });
}

const measuring = `
  const start = performance.now();
  require(process.argv[1]);
  process.stdout.write(String(performance.now() - start));
`;

/** Milliseconds to load a bundle in a process of its own, as a cold start does; nothing is reached, nothing is called. */
function start(file: string, environment: Record<string, string>): number {
  const { PATH } = process.env;
  const env = { PATH, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' };
  return Number(execFileSync(process.execPath, ['-e', measuring, file], { env: { ...env, ...environment } }));
}

function bundleRows(): Row[] {
  const outdir = mkdtempSync(join(tmpdir(), 'annex-bench-'));
  try {
    const functions = bundleFunctions(join(outdir, 'functions'));
    const given = environments(functions, join(outdir, 'cdk.out'));
    const bare = join(outdir, 'bare', 'index.js');
    bundleBare(bare);
    const rows = functionNames().map((name) => {
      const environment = given.get(name);
      if (!environment) throw new Error(`The stack has no function ${name}`);
      return bundleRow(name, { file: join(functions, name, 'index.js'), environment, bare });
    });
    return [...rows, { function: '(bare)', KB: kilobytes(bare).toFixed(0) }];
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

interface Bundle {
  file: string;
  environment: Record<string, string>;
  bare: string;
}

function bundleRow(name: string, { file, environment, bare }: Bundle): Row {
  const pairs: [number, number][] = [];
  for (let run = 0; run < starts; run++) pairs.push([start(file, environment), start(bare, {})]);
  const kb = kilobytes(file);
  const { ratio, aim, '': reached } = against(median(pairs.map(([ours, theirs]) => ours / theirs)), 1.5);
  return {
    function: name,
    KB: kb.toFixed(0),
    largest: `aim <= ${largestKb}`,
    ' ': verdict(kb <= largestKb),
    'start / bare': ratio,
    aim,
    '': reached,
    start: `${median(pairs.map(([ours]) => ours)).toFixed(0)} ms`,
    bare: `${median(pairs.map(([, theirs]) => theirs)).toFixed(0)} ms`,
  };
}

function kilobytes(file: string): number {
  return statSync(file).size / 1024;
}

export const bundlesSection: Section = {
  name: 'bundles',
  title: 'each function’s bundle, and its loading in a fresh process against a bare middy + lib-dynamodb',
  notes: [
    `Loading is the median of ${starts} pairs of processes, ours and the bare one in turns. The environment is the stack’s,`,
    'with every payment gateway and the registrar that speaks to AWS.',
  ],
  rows: bundleRows,
};
