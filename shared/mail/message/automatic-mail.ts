/** The headers of a message, in lower case, each with all its values. */
export type Headers = ReadonlyMap<string, readonly string[]>;

export interface Envelope {
  /** The return path; empty for bounces. */
  from: string;
}

/** Headers that only programs set. `X-Auto-Response-Suppress` is not one: personal mail has it too. */
const automaticHeader =
  /^(?:x-(?:mail-?)?auto-?(?:reply|respond|responder|responded|response|generated|notification|notify)(?:-(?!suppress).*)?|x-failed-recipients|x-ms-exchange-generated-message-source|x-ms-exchange-message-is-ndr|x-cron-env|x-vacation|x-apple-action|x-dsncontext)$/;
const listHeader =
  /^(?:list-(?:id|post)|mailing-list|x-mailing-list|x-beenthere|x-mailman-version|x-ml-?(?:name|count|server))$/;
/** Lists set them, and so do programs by which people write to their customers. */
const bulkHeader = /^list-/;
const bulkPrecedence = new Set(['bulk', 'junk', 'list']);
const answerPrecedence = new Set(['auto_reply', 'auto-reply', 'autoreply']);
const reportType =
  /^multipart\/(?:report|feedback-report)\b|^message\/(?:delivery-status|feedback-report|disposition-notification)\b|report-type\s*=\s*"?(?:delivery-status|feedback-report|disposition)/i;
const negativeValue = /^(?:no|false|0|off|none)?\s*$/i;

const daemonAddress =
  /^(?:mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|post[-_.]?master|listserv|majordomo|mailman|auto[-_.]?(?:reply|responder|response|mailer)|bounces?)(?:[+-][^@]*)?@|(?:^|[._+-])(?:no[-_.]?reply|not[-_.]?reply|do[-_.]?not[-_.]?reply|dont[-_.]?reply)(?:[._+-][^@]*)?@/i;
const daemonName = /^\s*["']?(?:mailer[- ]?daemon|mail delivery (?:sub)?system|mail delivery service)\b/i;
const daemonEnvelope = /^<?(?:mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon)(?:@|>?$)|^<?post[-_.]?master>?$/i;

const postmasterEnvelope = /^<?post[-_.]?master@/i;

/** Beginnings of the subjects of automatic answers, in the languages of common mail programs. */
const automaticSubject = new RegExp(
  `^(?:${[
    'auto(?:matic|matische|mated)?[- ]?(?:reply|response|answer|antwort|antwoord|svar)\\b',
    'out of (?:the )?office',
    '(?:i am |i.m )?(?:away from|on) (?:the |my )?(?:office|vacation|holiday|leave)',
    'vacation (?:reply|response|notice|message)',
    'abwesenheit',
    'abwesend\\b',
    'r[ée]ponse automatique',
    '(?:message d.)?absence (?:du bureau|de bureau)',
    'respuesta autom[áa]tica',
    'resposta autom[áa]tica',
    'risposta automatica',
    'fuera de la? ?oficina',
    'fuori (?:ufficio|sede)',
    'automatis[ck](?:t|h)? svar',
    'fr[åa]nvaro',
    'fraværs',
    'afwezig',
    'automaattinen vastaus',
    'automatyczna odpowied[źz]',
    'odpowied[źz] automatyczna',
    'automatick[áa] odpov[ěe][ďd]',
    'automatikus v[áa]lasz',
    'r[ăa]spuns automat',
    'otomatik yan[ıi]t',
    'αυτόματη απάντηση',
    'авто(?:матический )?ответ',
    '自動(?:応答|返信|回覆|答覆)',
    '自动(?:答复|回复)',
    '자동 ?(?:회신|응답)',
  ].join('|')})`,
  'i',
);
const bounceSubject =
  /^(?:undeliver(?:able|ed)|returned mail|mail delivery fail|delivery (?:status notification|failure|has failed|report)|failure notice|mail system error|nondeliverable|non[- ]?delivery|unzustellbar|non remis|no se puede entregar|message (?:could not be|undeliverable)|warning: (?:message|could not send))/i;

/** Headers that personal mail may have too; they count only together with the subject of an automatic answer. */
function supportingHeader(headers: Headers): string | null {
  if (asksForSilence(headers, null)) return 'x-auto-response-suppress';
  const named = ['x-ms-exchange-inbox-rules-loop', 'x-loop', 'x-rules-loop', 'x-oof'];
  return named.find((name) => headers.has(name)) ?? null;
}

/**
 * What makes a message look automatic: `machine`, no person wrote it; `list`, it came over a mailing list; `bulk`, it is
 * marked as sent to many; `name`, its sender is called like a machine, as people are too.
 */
export interface AutomaticSign {
  kind: 'machine' | 'list' | 'bulk' | 'name';
  reason: string;
}

/**
 * The surest sign that a message is automatic, or null if a person may have written it. Follows RFC 3834 and the practice
 * of mail servers. `from` is empty if the message has no usable sender.
 */
export function automaticSign(
  headers: Headers,
  envelope: Envelope,
  from: string,
  ownAddresses: ReadonlySet<string>,
): AutomaticSign | null {
  const isOwn = ownAddresses.has(from.toLowerCase().replace(/\+[^@]*@/, '@'));
  const reasons: [AutomaticSign['kind'], string | null][] = [
    ['machine', machineReason(headers) ?? returnPathReason(headers, envelope)],
    ['machine', isOwn ? 'the portal’s own address' : subjectReason(headers)],
    ['list', headerReason(headers, listHeader, 'list mail')],
    ['bulk', precedenceIn(headers, bulkPrecedence) ?? headerReason(headers, bulkHeader, 'bulk mail')],
    ['name', nameReason(headers, envelope, from)],
  ];
  for (const [kind, reason] of reasons) if (reason !== null) return { kind, reason };
  return null;
}

function valuesOf(headers: Headers, name: string): string[] {
  return (headers.get(name) ?? []).map((value) => value.trim().toLowerCase());
}

function machineReason(headers: Headers): string | null {
  for (const name of ['auto-submitted', 'x-auto-submitted']) {
    const said = valuesOf(headers, name).find((value) => value !== '' && /^[\w-]*/.exec(value)?.[0] !== 'no');
    if (said !== undefined)
      return `${name === 'auto-submitted' ? 'Auto-Submitted' : name}: ${said.slice(0, 100)}`;
  }
  if (valuesOf(headers, 'content-type').some((value) => reportType.test(value))) {
    return 'a delivery or feedback report';
  }
  for (const [name, said] of headers) {
    const isSaid = name === 'x-failed-recipients' || said.some((value) => !negativeValue.test(value));
    if (automaticHeader.test(name) && isSaid) return `header ${name}`;
  }
  return precedenceIn(headers, answerPrecedence);
}

function precedenceIn(headers: Headers, wanted: ReadonlySet<string>): string | null {
  for (const name of ['precedence', 'x-precedence']) {
    const said = valuesOf(headers, name).find((value) => wanted.has(value));
    if (said !== undefined) return `${name}: ${said}`;
  }
  return null;
}

function headerReason(headers: Headers, wanted: RegExp, what: string): string | null {
  const name = [...headers.keys()].find((each) => wanted.test(each));
  return name === undefined ? null : `${what}: ${name}`;
}

/** Bounces have no return path. */
function returnPathReason(headers: Headers, { from }: Envelope): string | null {
  const returnPaths = [from, ...(headers.get('return-path') ?? [])];
  if (from === '' || returnPaths.some((path) => path.trim() === '<>')) return 'null return path';
  return daemonEnvelope.test(from) ? 'the return path of a mail daemon' : null;
}

function nameReason(headers: Headers, envelope: Envelope, from: string): string | null {
  const fromHeader = headers.get('from')?.[0] ?? '';
  const isNamed =
    daemonAddress.test(from) ||
    postmasterEnvelope.test(envelope.from) ||
    daemonName.test(fromHeader.slice(0, 200));
  return isNamed ? 'a mail daemon or no-reply sender' : null;
}

function subjectReason(headers: Headers): string | null {
  const subject = headers.get('subject')?.[0]?.trim().slice(0, 200) ?? '';
  const sign = supportingHeader(headers);
  if (sign === null || !(automaticSubject.test(subject) || bounceSubject.test(subject))) return null;
  return `the subject of an automatic answer, and ${sign}`;
}

/** Whether no answer may go out by itself: its sender asks for none (Microsoft's header), or it went to many. */
export function asksForSilence(headers: Headers, sign: AutomaticSign | null): boolean {
  if (sign?.kind === 'list' || sign?.kind === 'bulk') return true;
  const asked = headers.get('x-auto-response-suppress')?.[0]?.toLowerCase() ?? '';
  return /\b(all|autoreply|oof|dr|rn|nrn)\b/.test(asked);
}
