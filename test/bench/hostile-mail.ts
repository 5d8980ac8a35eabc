import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import EmailReplyParser from 'email-reply-parser';
import PostalMime from 'postal-mime';
import { readMessage } from '../../shared/mail/message/read-message.ts';
import { splitReply } from '../../shared/mail/quotes/reply-text.ts';
import type { Row, Section } from './report.ts';

const require = createRequire(import.meta.url);

const longestMs = 20_000;
const megabyte = 1_000_000;

function mail(type: string, body: string, ...more: string[]): Buffer {
  const head = ['From: jane@acme.test', 'To: support@portal.test', 'Subject: Help', ...more];
  return Buffer.from(
    [...head, 'MIME-Version: 1.0', `Content-Type: ${type}`, '', body].join('\n').replaceAll('\n', '\r\n'),
  );
}

function nestedParts(depth: number): string {
  const levels = Array.from({ length: depth }, (_, level) => level);
  return levels
    .map((level) => `--b${level}\nContent-Type: multipart/mixed; boundary=b${level + 1}\n\n`)
    .join('');
}

/** Mail that is written to take time, as large as it is said to be. */
const hostileMails = {
  '20,000 nested parts': (share: number) => mail('multipart/mixed; boundary=b0', nestedParts(20_000 * share)),
  '200,000 parts': (share: number) => mail('multipart/mixed; boundary=b', '--b\n\n'.repeat(200_000 * share)),
  '50,000 lines of dashes': (share: number) =>
    mail('multipart/mixed; boundary=b', '--\n'.repeat(50_000 * share)),
  'HTML: 1 MB of <': (share: number) => mail('text/html', '<'.repeat(megabyte * share)),
  'HTML: 20,000 open elements': (share: number) => mail('text/html', '<div>'.repeat(20_000 * share)),
  'HTML: 100 KB of <a href="': (share: number) => mail('text/html', '<a href="'.repeat(11_000 * share)),
  '5,000 recipients': (share: number) =>
    mail('text/plain', 'x', `Cc: ${'"Person, P" <p@x.test>,\n '.repeat(5_000 * share)}a@x.test`),
  '100 KB of open comments': (share: number) => mail('text/plain', 'x', `Cc: ${'('.repeat(100_000 * share)}`),
};

/** Replies that are written to take time. */
const hostileReplies = {
  '50,000 dashes': (share: number) => '-'.repeat(50_000 * share),
  '20,000 lines of On': (share: number) => 'On Monday, Jane\n'.repeat(20_000 * share),
  '50,000 brackets in a line': (share: number) => '>'.repeat(50_000 * share),
  '50,000 spaces in a line': (share: number) => `a${' '.repeat(50_000 * share)}b`,
};

type Hostile = Record<string, (share: number) => Buffer | string>;
type Reader = (given: never) => unknown;

const mailReaders: Record<string, Reader> = {
  ours: (raw: Buffer) => readMessage(raw),
  'postal-mime': (raw: Buffer) => PostalMime.parse(raw),
  mailparser: (raw: Buffer) => {
    const { simpleParser } = require('mailparser') as { simpleParser(raw: Buffer): Promise<unknown> };
    return simpleParser(raw);
  },
};

const replyReaders: Record<string, Reader> = {
  ours: (text: string) => splitReply(text),
  'email-reply-parser': (text: string) => new EmailReplyParser().read(text).getVisibleText(),
  planer: (text: string) => {
    const { extractFrom } = require('planer') as { extractFrom(text: string, type: string): string };
    return extractFrom(text, 'text/plain');
  },
};

const kinds: Record<string, [Hostile, Record<string, Reader>, Buffer | string]> = {
  mail: [hostileMails, mailReaders, mail('multipart/mixed; boundary=b', '--b\n\nHello\n--b--')],
  reply: [hostileReplies, replyReaders, 'Hello\n\nOn Monday, Jane wrote:\n> Hello\n'],
};

function hostileRows(kind: string): Row[] {
  const [hostile, readers] = kinds[kind]!;
  return Object.keys(hostile).map((what) => {
    const [ours, ...others] = Object.keys(readers).map((reader) => ({
      reader,
      ...measured(kind, what, reader),
    }));
    const row: Row = {
      what,
      ours: `${ours!.whole.toFixed(1)} ms`,
      'to its half': (ours!.whole / ours!.half).toFixed(1),
    };
    for (const { reader, failed, whole, half } of others) {
      row[`${reader} to ours`] = failed || (whole / ours!.whole).toFixed(1);
      row[`${reader} to its half`] = failed ? '' : (whole / half).toFixed(1);
    }
    return row;
  });
}

const notes = [
  'Each reader has a process of its own, as some do not come back: what takes over 20 s is ended, what throws fails.',
  'Processor time, of half the input and of all of it: two is linear, four is quadratic.',
];

export const hostileMailSection: Section = {
  name: 'hostile-mail',
  title:
    'reading mail that is written to take time, against postal-mime, which leaves HTML as it is, and mailparser',
  notes,
  rows: () => hostileRows('mail'),
};

export const hostileReplySection: Section = {
  name: 'hostile-reply',
  title: 'cutting replies that are written to take time, against email-reply-parser and planer',
  notes,
  rows: () => hostileRows('reply'),
};

function measured(
  kind: string,
  what: string,
  reader: string,
): { half: number; whole: number; failed: string } {
  const ran = spawnSync(process.execPath, [import.meta.filename, kind, what, reader], {
    timeout: longestMs,
    encoding: 'utf8',
  });
  const [half = Number.NaN, whole = Number.NaN] = ran.stdout.split(' ').map(Number);
  const failed = ran.signal ? `over ${longestMs / 1000} s` : ran.status === 0 ? '' : 'fails';
  return { half, whole, failed };
}

/** Of the best of four runs, the first of which find code that is not compiled yet. */
async function cpuMs(work: () => unknown): Promise<number> {
  const runs: number[] = [];
  for (let run = 0; run < 4; run++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    runs.push((user + system) / 1000);
  }
  return Math.min(...runs);
}

const [, script, kind, what, reader] = process.argv;
if (script === import.meta.filename && kind && what && reader) {
  const [hostile, readers, usual] = kinds[kind]!;
  const read = readers[reader]!;
  for (let run = 0; run < 200; run++) await read(usual as never);
  const [half, whole] = [0.5, 1].map((share) => hostile[what]!(share));
  process.stdout.write(
    `${await cpuMs(() => read(half as never))} ${await cpuMs(() => read(whole as never))}`,
  );
}
