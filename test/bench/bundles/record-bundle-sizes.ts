import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFunctions, functionNames } from '../../../infra/bundle.ts';
import { bundleSizes, recordSizes } from './bundle-sizes.ts';

/** `npm run bundles:record`: what the bundles weigh today is what they are held to from now on. */
const outdir = mkdtempSync(join(tmpdir(), 'annex-bundles-'));
try {
  recordSizes(bundleSizes(bundleFunctions(outdir), functionNames()));
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
