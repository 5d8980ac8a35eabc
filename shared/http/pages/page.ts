import { Problem, type ProblemKind, problemKinds } from '../../core/problem.ts';
import { acceptedTags, firstSpoken } from '../../language/choose.ts';
import type { Language } from '../../language/languages.ts';
import type { Key } from '../../language/messages.ts';
import { text, type Values } from '../../language/text.ts';
import type { Reply } from '../../write/idempotency.ts';

/** The headers of a request, as a browser or a program sent them. */
export interface Raw {
  headers: Record<string, string | undefined>;
}

export const wantsPage = ({ headers }: Raw): boolean => (headers['accept'] ?? '').includes('text/html');

/** What the reader is known to speak, what the browser asks for, then what others know of them. */
export function pageLanguage(
  { headers }: Raw,
  own: string | undefined,
  ...others: (string | undefined)[]
): Language {
  return firstSpoken(own, ...acceptedTags(headers['accept-language']), ...others);
}

export const escaped = (said: string): string =>
  said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A text as HTML: what others wrote is in it as text. */
export const words = (language: Language, key: Key, values?: Values): string =>
  escaped(text(language, key, values));

/** A page behind a link in a mail. It has no script, so that it works in any browser, signed out. */
export function page(language: Language, title: Key, body: string, status = 200): Reply {
  const html = `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${words(language, title)}</title></head>
<body><main><h1>${words(language, title)}</h1>
${body}
</main></body></html>
`;
  return { raw: { contentType: 'text/html; charset=utf-8', bytes: new TextEncoder().encode(html), status } };
}

/** What a link answers: JSON, or a page for a browser, refusals too. `closed` says why a link is over. */
export async function asPage(
  raw: Raw,
  closed: Key,
  run: () => Promise<{ body: unknown; html: () => Reply }>,
): Promise<Reply> {
  if (!wantsPage(raw)) return { body: (await run()).body };
  try {
    return (await run()).html();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return closedPage(pageLanguage(raw, undefined), error.kind, closed);
  }
}

/** Why a link leads nowhere. */
function closedPage(language: Language, kind: ProblemKind, closed: Key): Reply {
  const said: Partial<Record<ProblemKind, Key>> = { conflict: closed, 'not-found': 'page.closed.unknown' };
  const { status } = problemKinds[kind];
  const why = words(language, said[kind] ?? 'page.closed.again');
  return page(language, 'page.closed.title', `<p>${why}</p>`, status);
}
