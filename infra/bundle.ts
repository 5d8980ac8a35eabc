import { copyFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** The names of the functions: the folders of `functions` with an index.ts. */
export function functionNames(): string[] {
  return readdirSync(join(root, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /^[^/\\]+[/\\]index\.ts$/.test(file))
    .map((file) => file.split(/[/\\]/)[0] ?? '')
    .sort();
}

const ttf = join('node_modules', 'dejavu-fonts-ttf', 'ttf');

const fonts = {
  'DejaVuSans.ttf': join(ttf, 'DejaVuSans.ttf'),
  'DejaVuSans-Bold.ttf': join(ttf, 'DejaVuSans-Bold.ttf'),
  'DejaVuSans.LICENSE': join('node_modules', 'dejavu-fonts-ttf', 'LICENSE'),
};
/** The files that a function reads beside its entry at run time, each with its source. */
const extraFiles: Record<string, Record<string, string>> = {
  'invoice-pdf': fonts,
  'document-maker': fonts,
  reports: fonts,
};

/**
 * The options of every bundle for Lambda. The format is CommonJS, because ESM output that imports node:http starts
 * 35 ms slower. The SDK is bundled: it starts as fast as the runtime's and is the version that was tested. Sources of
 * credentials that a Lambda never has are left out.
 */
export const bundleOptions = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  alias: {
    '@aws-sdk/credential-provider-node': join(root, 'shared', 'aws', 'lambda', 'lambda-credentials.ts'),
    'brotli/decompress.js': join(root, 'shared', 'pdf', 'native-brotli.ts'),
  },
  // CommonJS has no import.meta.url and pdfkit does not load without one: this is the entry's path in Lambda.
  define: { 'import.meta.url': '"file:///var/task/index.js"' },
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** Bundles every function into a folder of its own with `index.js`, and returns the folder above them. */
export function bundleFunctions(outdir = join(root, '.build', 'functions')): string {
  rmSync(outdir, { recursive: true, force: true });
  const names = functionNames();
  buildSync({
    ...bundleOptions,
    entryPoints: names.map((name) => ({
      in: join('functions', name, 'index.ts'),
      out: join(name, 'index'),
    })),
    outdir,
  });
  for (const name of names) {
    for (const [file, source] of Object.entries(extraFiles[name] ?? {})) {
      copyFileSync(join(root, source), join(outdir, name, file));
    }
  }
  return outdir;
}
