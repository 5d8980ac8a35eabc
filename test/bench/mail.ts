import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmailReplyParser from 'email-reply-parser';
import PostalMime from 'postal-mime';
import { decideMail, type MailDecisionFacts } from '../../shared/inbound-mail/decide-mail.ts';
import { asksForSilence, automaticSign } from '../../shared/mail/message/automatic-mail.ts';
import { readMessage } from '../../shared/mail/message/read-message.ts';
import { splitReply } from '../../shared/mail/quotes/reply-text.ts';
import { paired, pairedSync } from './measure.ts';
import { against, microseconds, type Row, type Section, verdict } from './report.ts';

const require = createRequire(import.meta.url);
const { simpleParser } = require('mailparser') as { simpleParser: (raw: Buffer) => Promise<unknown> };
const planer = require('planer') as { extractFrom: (text: string, type: string) => string };
const replyParser = new EmailReplyParser();

const head = [
  'Return-Path: <jane@acme.test>',
  'Received: from mail.acme.test (mail.acme.test [192.0.2.1])',
  '\tby mx.portal.test with ESMTPS id 4Qx8; Mon, 02 Mar 2026 10:00:00 +0000',
  'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=acme.test; s=one;',
  `\tbh=${'x'.repeat(44)};`,
  `\tb=${'y'.repeat(70)}`,
  'From: Jane Owner <jane@acme.test>',
  'To: Support <support@portal.test>',
  'Subject: Re: [Ticket ID: 123456] The server does not answer',
  'Message-ID: <one@acme.test>',
  'In-Reply-To: <sent@portal.test>',
  'Date: Mon, 02 Mar 2026 10:00:00 +0000',
  'MIME-Version: 1.0',
];
const reply =
  'It still does not answer.\n\nJane\n\nOn Mon, 2 Mar 2026 at 09:00, Support <support@portal.test> wrote:\n' +
  '> Does it answer now?\n>\n> Support\n';

function mail(type: string, body: string, ...more: string[]): Buffer {
  return Buffer.from(
    [...head, `Content-Type: ${type}`, ...more, '', body].join('\n').replaceAll('\n', '\r\n'),
  );
}

function quotedPrintable(text: string): string {
  return text.replaceAll('=', '=3D').replace(/(.{70})/g, '$1=\n');
}

/** 30 KB as an office program writes it: styles everywhere, a table, links, a picture. */
function htmlMail(): Buffer {
  const row =
    '<tr><td style="padding:0cm 5.4pt;color:#1F497D"><p class="MsoNormal" style="margin:0"><span lang="EN-GB" ' +
    'style="font-size:11pt;color:#1F497D">The server <b>does not answer</b> since Monday &amp; our clients ask.' +
    '</span></p></td><td><a href="https://status.acme.test/?server=7&amp;day=2">the status page</a></td></tr>';
  const html = `<html><head><style>p.MsoNormal{margin:0cm}</style></head><body><table>${`${row}\n`.repeat(72)}</table><img src="cid:logo@acme.test"></body></html>`;
  const parts = [
    `Content-Type: text/plain; charset=utf-8\n\n${reply}`,
    `Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n${quotedPrintable(html)}`,
  ];
  return mail('multipart/alternative; boundary="b"', `--b\n${parts.join('\n--b\n')}\n--b--`);
}

function mailWithFile(bytes: number): Buffer {
  const file = randomBytes(bytes)
    .toString('base64')
    .replace(/(.{76})/g, '$1\n');
  const parts = [
    `Content-Type: text/plain; charset=utf-8\n\n${reply}`,
    `Content-Type: application/pdf\nContent-Disposition: attachment; filename="a.pdf"\nContent-Transfer-Encoding: base64\n\n${file}`,
  ];
  return mail('multipart/mixed; boundary="b"', `--b\n${parts.join('\n--b\n')}\n--b--`);
}

const mails = {
  '1 KB': mail('text/plain; charset=utf-8', reply),
  '30 KB, HTML': htmlMail(),
  '7 MB, with a file': mailWithFile(5_100_000),
};

const known: Omit<MailDecisionFacts, 'from' | 'automatic' | 'asksForSilence'> = {
  question: null,
  verdicts: { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS', spam: 'PASS', virus: 'PASS' },
  belief: { believed: true, by: 'dmarc', bySpfAlone: false, reason: 'DMARC passes' },
  overHourlyLimit: false,
  thread: null,
  belongsToThread: false,
  parts: [{ accountId: 'acct_bench', contact: null, standing: 'owner', claim: null }],
  mayAsk: { first: true, unbelieved: true },
  asksSender: true,
  addedByStaff: false,
  department: { name: 'Support', clientsOnly: false, repliesOnly: false, guests: false },
  mayAnswer: true,
};
const ownAddresses = new Set(['support@portal.test']);

/** All that is done with a message but for asking the table: read, decided, its reply cut from its quotes. */
async function handle(raw: Buffer): Promise<unknown> {
  const message = await readMessage(raw);
  const { headers, from, text } = message;
  const automatic = automaticSign(headers, { from: 'jane@acme.test' }, from ?? '', ownAddresses);
  const decision = decideMail({
    ...known,
    from,
    automatic,
    asksForSilence: asksForSilence(headers, automatic),
  });
  if (decision.outcome !== 'ticket')
    throw new Error(`The mail became ${decision.outcome}: ${decision.reason}`);
  return splitReply(text);
}

async function parsingRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [what, raw] of Object.entries(mails)) {
    const large = raw.length > 1_000_000;
    const rounds = large ? { rounds: 7, batch: 1 } : { rounds: 60, batch: 20 };
    const postal = await paired(
      () => handle(raw),
      () => PostalMime.parse(raw),
      rounds,
    );
    const parser = await paired(
      () => handle(raw),
      () => simpleParser(raw),
      { ...rounds, rounds: rounds.rounds / 2 },
    );
    const cpu = await cpuMicroseconds(() => handle(raw), large ? 10 : 300);
    rows.push({
      'a mail of': what,
      ...against(postal.ratio, large ? 1.2 : 2),
      'to mailparser': parser.ratio.toFixed(2),
      handled: microseconds(postal.first),
      'a CPU second': `${(1_000_000 / cpu).toFixed(0)} mails`,
    });
  }
  return rows;
}

/** Of all threads, the garbage collector's included. */
async function cpuMicroseconds(work: () => Promise<unknown>, runs: number): Promise<number> {
  for (let run = 0; run < runs / 3; run++) await work();
  const before = process.cpuUsage();
  for (let run = 0; run < runs; run++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / runs;
}

const largest = 29_000_000;

/** In a process of its own that has read a mail before, how much more it ever held, with the mail, in mails. */
function memoryRow(): Row {
  const dir = mkdtempSync(join(tmpdir(), 'annex-bench-'));
  try {
    const file = join(dir, 'mail');
    writeFileSync(file, mailWithFile(largest));
    const peak = Number(execFileSync(process.execPath, [import.meta.filename, file]));
    return {
      'a mail of': '40 MB, with a file',
      'peak memory': `${peak.toFixed(2)} × the mail`,
      aim: 'aim < 4',
      '': verdict(peak < 4),
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function printPeak(file: string): Promise<void> {
  await handle(mails['30 KB, HTML']);
  const before = process.resourceUsage().maxRSS;
  const raw = readFileSync(file);
  await handle(raw);
  const peak = (process.resourceUsage().maxRSS - before) * 1024;
  process.stdout.write(String(peak / raw.length));
}

const long = `${reply}${'> A line of an older message that was quoted.\n'.repeat(400)}`;

async function replyRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [what, text] of Object.entries({ 'a short reply': reply, '20 KB, mostly quoted': long })) {
    const rounds = { rounds: 60, batch: 20 };
    const ours = () => splitReply(text);
    const crisp = await pairedSync(ours, () => replyParser.read(text).getVisibleText(), rounds);
    const lever = await pairedSync(ours, () => planer.extractFrom(text, 'text/plain'), rounds);
    rows.push({
      'a mail of': what,
      'splitReply()': microseconds(crisp.first),
      'to email-reply-parser': crisp.ratio.toFixed(2),
      'to planer': lever.ratio.toFixed(2),
    });
  }
  return rows;
}

export const mailSection: Section = {
  name: 'mail',
  title: 'mail from its bytes to its decision, against postal-mime’s bare parse of the same bytes',
  notes: [
    'Handled: the header, the parts, text and safe HTML, attachments decoded and judged, the fingerprint, machine or',
    'person, the decision, and the reply cut from its quotes. The table that would be asked is left out.',
  ],
  rows: async () => [...(await parsingRows()), memoryRow(), ...(await replyRows())],
};

const [, script, file] = process.argv;
if (script === import.meta.filename && file !== undefined) await printPeak(file);
