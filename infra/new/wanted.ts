import { parseArgs } from 'node:util';
import { type Permission, permissionKeys } from '../../shared/access/permissions.ts';
import { type Names, namesOf } from './names.ts';
import { Refusal } from './refusal.ts';

/** The capability that is asked for. */
export interface Wanted {
  names: Names;
  permission: Permission | 'member';
}

const usage = 'npm run new -- capability NAME [--singular NAME] [--permission KEY]';
/** A new capability is closed to most people until somebody opens it. */
const usualPermission = 'manage-products';
const permissions: readonly Wanted['permission'][] = ['member', ...permissionKeys];

/** @throws Refusal for anything that the command line cannot mean */
export function readWanted(args: readonly string[]): Wanted {
  const { positionals, values } = parsed(args);
  const [kind, name, ...more] = positionals;
  if (kind === undefined || (kind === 'capability' && name === undefined)) throw new Refusal(usage);
  if (kind !== 'capability') throw new Refusal(`There is no kind "${kind}": ${usage}`);
  if (name === undefined || more.length > 0) throw new Refusal(`"${more.join(' ')}" is too much: ${usage}`);
  const wanted = values.permission ?? usualPermission;
  const permission = permissions.find((key) => key === wanted);
  if (!permission) {
    throw new Refusal(`There is no permission "${wanted}", only ${permissions.join(', ')}.`);
  }
  return { names: namesOf(name, values.singular), permission };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { singular: { type: 'string' }, permission: { type: 'string' } },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Node adds advice in further sentences and lines.
    const [what] = error.message.split(/\. |\n/);
    throw new Refusal(`${what}: ${usage}`);
  }
}
