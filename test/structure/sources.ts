import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface Import {
  /** A file of ours from the root, or a package's name. */
  target: string;
  typeOnly: boolean;
}

export interface Source {
  /** From the root: `shared/core/day.ts`. */
  file: string;
  text: string;
  imports: Import[];
}

/** Every TypeScript file below a folder of the root. */
export function sourcesIn(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .toSorted()
    .map((file) => sourceOf(file, readFileSync(join(root, file), 'utf8')));
}

export function sourceOf(file: string, text: string): Source {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
  const statements = code.matchAll(/^(?:import|export)\s+(?:([^;'"]*?)\s+from\s+)?['"]([^'"]+)['"]/gm);
  const dynamic = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
  const imports = [
    ...[...statements].map(([, what, name]) => ({
      target: targetOf(file, name!),
      typeOnly: isOfTypes(what),
    })),
    ...[...dynamic].map(([, name]) => ({ target: targetOf(file, name!), typeOnly: false })),
  ];
  return { file, text, imports };
}

/** `type { A }`, or braces in which every name is marked as a type. */
function isOfTypes(what: string | undefined): boolean {
  if (what === undefined) return false;
  const braces = /^\{([\s\S]*)\}$/.exec(what)?.[1];
  const names = braces?.split(',').filter((name) => name.trim() !== '');
  return /^type\b/.test(what) || (names?.every((name) => name.trim().startsWith('type ')) ?? false);
}

function targetOf(file: string, name: string): string {
  if (!name.startsWith('.')) return name;
  return relative(root, resolve(root, dirname(file), name)).replaceAll('\\', '/');
}
