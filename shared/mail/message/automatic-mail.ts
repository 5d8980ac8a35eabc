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
  /^(?:list-.*|mailing-list|x-mailing-list|x-beenthere|x-mailman-version|x-ml-?(?:name|count|server))$/;
const bulkPrecedence = new Set(['bulk', 'junk', 'list', 'auto_reply', 'auto-reply', 'autoreply']);
const reportType =
  /^multipart\/(?:report|feedback-report)\b|^message\/(?:delivery-status|feedback-report|disposition-notification)\b|report-type\s*=\s*"?(?:delivery-status|feedback-report|disposition)/i;
const negativeValue = /^(?:no|false|0|off|none)?\s*$/i;

const daemonAddress =
  /^(?:mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|post[-_.]?master|listserv|majordomo|mailman|auto[-_.]?(?:reply|responder|response|mailer)|bounces?)(?:[+-][^@]*)?@|(?:^|[._+-])(?:no[-_.]?reply|not[-_.]?reply|do[-_.]?not[-_.]?reply|dont[-_.]?reply)(?:[._+-][^@]*)?@/i;
const daemonName = /^\s*["']?(?:mailer[- ]?daemon|mail delivery (?:sub)?system|mail delivery service)\b/i;
const daemonEnvelope = /^<?(?:mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|post[-_.]?master)(?:@|>?$)/i;

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
  if (asksForSilence(headers)) return 'x-auto-response-suppress';
  const named = ['x-ms-exchange-inbox-rules-loop', 'x-loop', 'x-rules-loop', 'x-oof'];
  return named.find((name) => headers.has(name)) ?? null;
}

/**
 * Why a message counts as automatic, or null if a person may have written it. Follows RFC 3834 and the practice of
 * mail servers. `from` is empty if the message has no usable sender.
 */
export function automaticReason(
  headers: Headers,
  envelope: Envelope,
  from: string,
  ownAddresses: ReadonlySet<string>,
): string | null {
  return (
    headerReason(headers) ??
    senderReason(headers, envelope, from) ??
    (ownAddresses.has(from.toLowerCase().replace(/\+[^@]*@/, '@')) ? 'the portal’s own address' : null) ??
    subjectReason(headers)
  );
}

function headerReason(headers: Headers): string | null {
  const values = (name: string) => (headers.get(name) ?? []).map((value) => value.trim().toLowerCase());
  for (const name of ['auto-submitted', 'x-auto-submitted']) {
    const said = values(name).find((value) => value !== '' && /^[\w-]*/.exec(value)?.[0] !== 'no');
    if (said !== undefined)
      return `${name === 'auto-submitted' ? 'Auto-Submitted' : name}: ${said.slice(0, 100)}`;
  }
  for (const name of ['precedence', 'x-precedence']) {
    const said = values(name).find((value) => bulkPrecedence.has(value));
    if (said !== undefined) return `${name}: ${said}`;
  }
  if (values('content-type').some((value) => reportType.test(value))) return 'a delivery or feedback report';
  for (const [name, said] of headers) {
    if (
      automaticHeader.test(name) &&
      (said.some((value) => !negativeValue.test(value)) || name === 'x-failed-recipients')
    ) {
      return `header ${name}`;
    }
    if (listHeader.test(name)) return `list mail: ${name}`;
  }
  return null;
}

function senderReason(headers: Headers, envelope: Envelope, from: string): string | null {
  const returnPaths = headers.get('return-path') ?? [];
  const isNull = [envelope.from, ...returnPaths].some((path) => path.trim() === '<>') || envelope.from === '';
  if (isNull) return 'null return path';
  const fromHeader = headers.get('from')?.[0] ?? '';
  const isDaemon =
    daemonEnvelope.test(envelope.from) ||
    daemonAddress.test(from) ||
    daemonName.test(fromHeader.slice(0, 200));
  return isDaemon ? 'a mail daemon or no-reply sender' : null;
}

function subjectReason(headers: Headers): string | null {
  const subject = headers.get('subject')?.[0]?.trim().slice(0, 200) ?? '';
  const sign = supportingHeader(headers);
  if (sign === null || !(automaticSubject.test(subject) || bounceSubject.test(subject))) return null;
  return `the subject of an automatic answer, and ${sign}`;
}

/** Whether the sender asks for no automatic answers (Microsoft's header). */
export function asksForSilence(headers: Headers): boolean {
  const asked = headers.get('x-auto-response-suppress')?.[0]?.toLowerCase() ?? '';
  return /\b(all|autoreply|oof|dr|rn|nrn)\b/.test(asked);
}
