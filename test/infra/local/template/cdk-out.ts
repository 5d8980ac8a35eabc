import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { loadTemplates, type Templates } from '../../../../infra/local/template/templates.ts';

type Resources = Record<string, object>;

const made: string[] = [];
afterAll(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** A directory that lasts as long as the file's tests. */
export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'annex-test-'));
  made.push(dir);
  return dir;
}

/** A cdk.out of hand-written stacks, and of bundles by the names of their assets. */
export function cdkOut(
  stacks: Record<string, object>,
  bundles: Record<string, string> = {},
  manifest?: object,
): Templates {
  const dir = temporaryDir();
  for (const [name, body] of Object.entries(stacks)) {
    writeFileSync(join(dir, `${name}.template.json`), JSON.stringify(body));
  }
  for (const [asset, code] of Object.entries(bundles)) {
    mkdirSync(join(dir, asset));
    writeFileSync(join(dir, asset, 'index.js'), code);
  }
  if (manifest) writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
  return loadTemplates(dir);
}

/** The same of one stack, called Portal. */
export function portalStack(Resources: Resources, bundles: Record<string, string> = {}): Templates {
  return cdkOut({ Portal: { Resources } }, bundles);
}

export function getAtt(id: string, attribute: string): object {
  return { 'Fn::GetAtt': [id, attribute] };
}
