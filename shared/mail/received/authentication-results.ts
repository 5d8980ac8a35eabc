import { isDomainName } from '../../core/domain-name.ts';

/** What a receiver's header says of a message. The words are the header's own, such as `pass` and `softfail`. */
export interface AuthenticationResults {
  /** The address that the message was sent from, by SMTP. */
  client: string;
  helo: string;
  /** Whom SPF was asked about: for an empty return path, postmaster at the name that the client gave itself. */
  envelopeFrom: string;
  spf: string;
  /** One for each signature; the domain is that of the signer's identity, null where none is named. */
  dkim: { result: string; domain: string | null }[];
  dmarc: string;
  /** The domain of From that DMARC was asked about. */
  headerFrom: string;
}

/** Why a header does not count, in plain words. */
export interface Fault {
  fault: string;
}

const receiver = 'amazonses.com';
const longest = 4_000;

/**
 * Reads the header that the receiver wrote, by the grammar of RFC 8601 and in the form of SES: its id, then what
 * Received-SPF says (RFC 7208, 9.1) word for word, then a result for each signature, then DMARC's. Names that the
 * sender gave itself stand in it unquoted, so whatever does not fit this form exactly makes all of it count for nothing.
 */
export function readResults(header: string, receivedSpf: string): AuthenticationResults | Fault {
  if (header.length > longest) return { fault: 'the receiver’s header is too long' };
  const spfPart = `spf=${oneLine(receivedSpf)}`;
  const start = `${receiver}; ${spfPart}`;
  const written = oneLine(header);
  if (!written.startsWith(`${receiver};`)) return { fault: 'the header is of another receiver' };
  if (!spfPart.endsWith(';') || !written.startsWith(start))
    return { fault: 'the receiver’s header differs from its Received-SPF' };
  try {
    return { ...readSpf(statementsIn(spfPart)), ...readOthers(statementsIn(written.slice(start.length))) };
  } catch (error) {
    if (error instanceof Unfit) return { fault: error.message };
    throw error;
  }
}

/** Folded lines as one, with single spaces. */
function oneLine(text: string): string {
  return text.replace(/[ \t]+/g, ' ').trim();
}

class Unfit extends Error {
  constructor(what: string) {
    super(`the receiver’s header has ${what}`);
  }
}

/** What stands between two semicolons: `dkim=pass header.i=@acme.test`. */
interface Statement {
  name: string;
  value: string;
  properties: ReadonlyMap<string, string>;
}

/** Walks along the header once. Quoted strings, comments in comments and letters beyond ASCII are in none of SES's. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  space(): boolean {
    return this.take(' ');
  }

  take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** A name and the `=` after it, in small letters as SES writes them. */
  name(): string {
    const name = this.#run(/[a-z.-]/);
    if (name === '' || !this.take('=')) throw new Unfit('a part without a name');
    return name;
  }

  /** Anything visible but what separates, quotes or comments. */
  value(): string {
    return this.#run(/[!#-'*-:<-[\]-~]/);
  }

  /** Passes over a comment of plain words; an = in it could be read as a result. */
  comment(): void {
    if (!this.take('(')) return;
    this.#run(/[A-Za-z0-9 ._:/@+-]/);
    if (!this.take(')')) throw new Unfit('an odd comment');
    this.space();
  }

  #run(allowed: RegExp): string {
    const start = this.#at;
    while (this.#at < this.#text.length && allowed.test(this.#text[this.#at]!)) this.#at++;
    return this.#text.slice(start, this.#at);
  }
}

function statementsIn(text: string): Statement[] {
  const scanner = new Scanner(text);
  const statements: Statement[] = [];
  scanner.space();
  while (!scanner.atEnd) {
    const name = scanner.name();
    const value = scanner.value();
    const properties = new Map<string, string>();
    scanner.space();
    scanner.comment();
    while (!scanner.atEnd && !scanner.take(';')) {
      const property = scanner.name();
      if (properties.has(property)) throw new Unfit(`${property} twice`);
      properties.set(property, scanner.value());
      scanner.space();
    }
    statements.push({ name, value, properties });
    scanner.space();
  }
  return statements;
}

type Spf = Pick<AuthenticationResults, 'client' | 'helo' | 'envelopeFrom' | 'spf'>;

/** `spf=pass (…) client-ip=192.0.2.1; envelope-from=jane@acme.test; helo=mx.acme.test;` and nothing else. */
function readSpf([spf, envelope, helo, ...others]: Statement[]): Spf {
  const fits =
    spf?.name === 'spf' &&
    envelope?.name === 'envelope-from' &&
    helo?.name === 'helo' &&
    others.length === 0 &&
    [spf, envelope, helo].every(({ properties }, index) => properties.size === (index === 0 ? 1 : 0));
  if (!fits) throw new Unfit('more or less about SPF than the receiver writes');
  const client = spf.properties.get('client-ip') ?? '';
  if (!isPlainSender(envelope.value)) throw new Unfit('an envelope that could be read as a result');
  if (!isPlainHost(helo.value)) throw new Unfit('a HELO that could be read as a result');
  return { spf: spf.value, client, envelopeFrom: envelope.value, helo: helo.value };
}

type Others = Pick<AuthenticationResults, 'dkim' | 'dmarc' | 'headerFrom'>;

/** Results of methods that decide nothing here are passed over; those that do stand once, but for one a signature. */
function readOthers(statements: Statement[]): Others {
  const misplaced = statements.some(({ name }) => /^(?:spf|client-ip|envelope-from|helo)$/.test(name));
  const dmarc = statements.filter(({ name }) => name === 'dmarc');
  if (misplaced || dmarc.length !== 1) throw new Unfit('results that the receiver does not write');
  const headerFrom = dmarc[0]!.properties.get('header.from') ?? '';
  const dkim = statements.filter(({ name }) => name === 'dkim');
  return {
    dkim: dkim.map(({ value, properties }) => ({ result: value, domain: signerIn(properties) })),
    dmarc: dmarc[0]!.value,
    headerFrom: headerFrom.toLowerCase(),
  };
}

function signerIn(properties: ReadonlyMap<string, string>): string | null {
  const identity = properties.get('header.i');
  if (identity === undefined) return null;
  if (!isPlainIdentity(identity)) throw new Unfit('a signer that could be read as a result');
  return identity.slice(identity.lastIndexOf('@') + 1).toLowerCase();
}

const plainLocalPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,200}$/;
const likeResult = /=\?|(?:^|[^a-z0-9])(?:spf|dkim|dmarc)=/i;
const plainHost = /^(?:[A-Za-z0-9._-]{1,255}|\[(?:IPv6:)?[0-9A-Fa-f:.]{2,45}\])$/;

/** The name that a client gave itself: a host name or an address in brackets. */
function isPlainHost(text: string): boolean {
  return plainHost.test(text);
}

/** An address of letters that need no quotes, or none at all. */
function isPlainSender(text: string): boolean {
  return text === '' || text === '<>' || isPlainAddress(text) || isPostmaster(text);
}

function isPlainAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(0, at));
  return plainLocalPart.test(local) && !likeResult.test(local) && isDomainName(text.slice(at + 1));
}

function isPostmaster(text: string): boolean {
  return text.startsWith('postmaster@') && isPlainHost(text.slice(11));
}

/**
 * Whom a signature names (`i=`, RFC 6376): a domain after an @, and perhaps a name before it. With an = begins a letter
 * that is encoded there, so that a name which needs one is not plain.
 */
export function isPlainIdentity(text: string): boolean {
  if (text.includes('=')) return false;
  return text.startsWith('@') ? isDomainName(text.slice(1)) : isPlainAddress(text);
}
