import { isTopLevelDomain } from './organisational-domain.ts';
import { everyControl, shortened } from './plain-text.ts';

/** In a name nothing invisible has a place, but for the selector that makes a sign an emoji. */
const invisible = /[\p{Cc}\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2028\u2029\u3164\uffa0]/u;
const everyInvisible = new RegExp(invisible.source, 'gu');

/** A mail program could make a link of it: not of `Dr.Newton`, but of `evil.shop`. */
const linkable = /:\/\/|[.\u3002]\p{Ll}{2,}|\b[Ww]{3}[.\u3002]|\d+\.\d+\.\d+\.\d+/u;
/** What is no part of a host's name. */
const betweenHosts = /([^\p{L}\p{M}\p{N}.\u3002-]+)/u;
/** What comes behind a host in an address of the web. */
const leadsOn = /^[/?#:]/u;

/** People without a name are called by their mail address, which leads to a mailbox alone. */
const mailAddress = /^[^\s@/\\?#:&]+@[^\s@/\\?#:&]+\.[^\s@/\\?#:&.]+$/u;

/** Before a name without a space: `J.Green`, `Dr.No`, `St.Kim`; and before a firm's form: `Co.KG`. */
const initial = /^\p{L}\p{M}*$/u;
const title = /^(?:dipl|dr|fr|hr|ing|jr|mag|mme|mr|mrs|ms|prof|sr|st|ste)$/iu;
const beforeForm = /^(?:co|gmbh|pty|pvt)$/iu;
/** What may be somebody's name; nobody is called by these, and they look like an address behind anything. */
const surname = /^(?!(?:App|Biz|Club|Com|Info|Net|Online|Org|Shop|Site|Store|Web|Xyz)$)\p{Lu}\p{Ll}+$/u;
const firmForm = /^(?:inc|kg|llc|ltd)$/iu;

/** Why a text is no name; null if it is one. A name appears in the portal's own mails: it must not deceive or lead anywhere. */
export function faultOfName(name: string): string | null {
  if (invisible.test(name)) return 'must be one line without control, invisible or bidirectional characters';
  return leadsSomewhere(name) && !mailAddress.test(name) ? 'must not be a web address' : null;
}

/** A name that came by mail as a name: what may not be in one is left out, and nothing may be left. */
export function plainName(text: string, longest: number): string {
  const plain = text
    .slice(0, 4 * longest)
    .replace(everyControl, ' ')
    .replace(everyInvisible, '')
    .trim();
  if (faultOfName(plain) === null) return shortened(plain, longest);
  const words = plain.split(/\s+/).filter((word) => !leadsSomewhere(word));
  return shortened(words.join(' '), longest);
}

function leadsSomewhere(text: string): boolean {
  const plain = text.normalize('NFKC');
  return linkable.test(plain) || namesHost(plain);
}

/** Whether it names a host under a top-level domain that there is, in letters of any case and any script. */
function namesHost(text: string): boolean {
  // At even places what may be a host, and behind each what follows it.
  const parts = text.split(betweenHosts);
  return parts.some((part, nth) => {
    const labels = part.split(/[.\u3002]+/u).filter((label) => label !== '');
    const last = labels.pop();
    if (nth % 2 === 1 || last === undefined || labels.length === 0 || !isTopLevelDomain(last)) return false;
    return leadsOn.test(parts[nth + 1] ?? '') || !isAbbreviated(labels, last);
  });
}

/** Whether these are a person's or a firm's short forms, though their end is a top-level domain too. */
function isAbbreviated(before: readonly string[], last: string): boolean {
  if (firmForm.test(last) && before.every((label) => beforeForm.test(label))) return true;
  return surname.test(last) && before.every((label) => initial.test(label) || title.test(label));
}
