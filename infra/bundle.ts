import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** The functions that have an entry, by name: the folders of `functions` with an index.ts. */
export function functionNames(): string[] {
  return readdirSync(join(root, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /^[^/\\]+[/\\]index\.ts$/.test(file))
    .map((file) => file.split(/[/\\]/)[0] ?? '')
    .sort();
}

/**
 * Bundles every function at once, each into a folder of its own with `index.js`, and says where they are.
 * CommonJS, because ESM output that imports node:http starts 35 ms slower; the SDK goes in, which starts no slower
 * than the runtime's and is the version that was tested, without the sources of credentials that a Lambda never has.
 */
export function bundleFunctions(outdir = join(root, '.build', 'functions')): string {
  rmSync(outdir, { recursive: true, force: true });
  buildSync({
    absWorkingDir: root,
    entryPoints: functionNames().map((name) => ({
      in: join('functions', name, 'index.ts'),
      out: join(name, 'index'),
    })),
    outdir,
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    mainFields: ['module', 'main'],
    alias: { '@aws-sdk/credential-provider-node': join(root, 'shared', 'aws', 'lambda-credentials.ts') },
    logLevel: 'warning',
  });
  return outdir;
}
