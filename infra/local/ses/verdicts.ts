export type VerdictStatus = 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED';

export const checkNames = ['spam', 'virus', 'spf', 'dkim', 'dmarc'] as const;
export type Check = (typeof checkNames)[number];

/** What the receiver's checks say of a message. */
export interface Verdicts {
  statuses: Record<Check, VerdictStatus>;
  /** Whose signature was found; From's own domain, where none was asked for. */
  dkimDomain: string | null;
}

/** The header in which a message on one machine says what is to be found; real mail is judged by its network. */
export const VERDICTS_HEADER = 'x-local-verdicts';

const STATUSES: ReadonlySet<string> = new Set(['PASS', 'FAIL', 'GRAY', 'PROCESSING_FAILED']);

export function allPass(): Verdicts {
  return {
    statuses: { spam: 'PASS', virus: 'PASS', spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' },
    dkimDomain: null,
  };
}

/** Applies `spf=FAIL; dkim-domain=evil.test` to the verdicts and ignores what it does not know. */
export function applyVerdicts(verdicts: Verdicts, value: string): void {
  for (const part of value.split(';')) {
    const [name = '', given = ''] = part.split('=', 2).map((side) => side.trim());
    const check = checkNames.find((one) => one === name.toLowerCase());
    const wanted = given.toUpperCase();
    if (check && STATUSES.has(wanted)) verdicts.statuses[check] = wanted as VerdictStatus;
    if (name.toLowerCase() === 'dkim-domain' && /^[\w.-]{1,253}$/.test(given)) verdicts.dkimDomain = given;
  }
}
