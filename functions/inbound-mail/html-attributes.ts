const longestUrl = 2_048;
const longestStyle = 2_000;

/** Browsers pass over these wherever they stand in an address. */
const unseen = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** An address that a person may follow; null for any other. */
export function linkTarget(href: string): string | null {
  if (href === '' || href[0] === '#') return null;
  if (href.length <= longestUrl && /^(?:https?:\/\/|mailto:)[\u0021-\u007e]+$/i.test(href)) return href;
  const given = href.replace(unseen, '').trim();
  const url = /^www\./i.test(given) ? `http://${given}` : given.startsWith('//') ? `https:${given}` : given;
  if (url.length > longestUrl) return null;
  return /^(?:https?:\/\/|mailto:|tel:)[^\s]/i.test(url) ? url : null;
}

/** Where an image is to be had from: a part of the message, or another machine, which is not to be asked unbidden. */
export function imageSource(
  src: string,
): { name: 'data-cid' | 'data-remote-src'; value: string } | undefined {
  const cid = /^\s*cid:([^\s"'<>]{1,300})\s*$/i.exec(src)?.[1];
  if (cid !== undefined) return { name: 'data-cid', value: unescaped(cid) };
  const remote = linkTarget(src);
  return remote !== null && /^https?:/i.test(remote) ? { name: 'data-remote-src', value: remote } : undefined;
}

function unescaped(cid: string): string {
  try {
    return decodeURIComponent(cid);
  } catch {
    return cid;
  }
}

export const colour = /^(?:#[0-9a-f]{3,8}|[a-z]{3,25}|rgba?\([\d ,.%]{3,40}\))$/i;

const harmless = new Map<string, RegExp>([
  ['color', colour],
  ['background-color', colour],
  ['background', colour],
  ['font-weight', /^(?:bold|bolder|lighter|normal|[1-9]00)$/i],
  ['font-style', /^(?:italic|oblique|normal)$/i],
  ['text-decoration', /^(?:underline|line-through|none)$/i],
  ['text-align', /^(?:left|right|center|justify|start|end)$/i],
  ['white-space', /^(?:normal|nowrap|pre|pre-wrap|pre-line)$/i],
]);

const declaration =
  /(?:^|;)\s*(color|background(?:-color)?|font-weight|font-style|text-decoration|text-align|white-space)\s*:\s*([^;!"&<>]{1,60})(?=[;!]|$)/gi;

/** Declarations that colour and stress text and cannot move it, size it or load anything; safe to write as they are. */
export function harmlessStyle(style: string): string {
  let kept = '';
  for (const [, name = '', given = ''] of style.slice(0, longestStyle).matchAll(declaration)) {
    const property = name.toLowerCase();
    const value = given.trim();
    if (harmless.get(property)?.test(value)) kept += `${kept === '' ? '' : ';'}${property}:${value}`;
  }
  return kept;
}
