import type { Action, Table } from '../../table/table.ts';
import { logoId } from './parties.ts';

const keyOf = (id: string) => ({ pk: `LOGO#${id}`, sk: 'LOGO' });

/** Keeps a logo for the documents that name it. It is never deleted. */
export function logoRow(dataUrl: string): Action {
  return { put: { ...keyOf(logoId(dataUrl)), dataUrl } };
}

/** The image of a logo; null where there is none. */
export async function readLogo(table: Table, id: string | null): Promise<Uint8Array | null> {
  if (id === null) return null;
  const row = await table.get(keyOf(id));
  return row ? imageOf(String(row['dataUrl'])) : null;
}

/** The bytes of a PNG or JPEG in a data URL; null for anything else. */
export function imageOf(dataUrl: string): Uint8Array | null {
  const encoded = /^data:image\/(?:png|jpeg);base64,(.+)$/.exec(dataUrl)?.[1];
  return encoded ? Buffer.from(encoded, 'base64') : null;
}
