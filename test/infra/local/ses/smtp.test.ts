import { connect } from 'node:net';
import { once } from 'node:events';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { sesNotification } from '../../../../infra/local/ses/inbound.ts';
import { type InboundMessage, type Smtp, startSmtp } from '../../../../infra/local/ses/smtp.ts';

const controls = new Controls();
const received: InboundMessage[] = [];
let receive: (message: InboundMessage) => Promise<void> | void;
let smtp: Smtp;

beforeAll(async () => {
  smtp = await startSmtp({ controls, receive: (message) => receive(message) });
});
afterAll(() => smtp.close());
beforeEach(() => {
  received.length = 0;
  receive = (message) => {
    received.push(message);
  };
});

const transport = (): ReturnType<typeof createTransport> =>
  createTransport({ host: smtp.host, port: smtp.port, secure: false, ignoreTLS: true });
const deliver = (raw: string | Buffer, to: string[] = ['desk@annex.test']): Promise<{ response?: string }> =>
  transport().sendMail({ envelope: { from: 'customer@example.com', to }, raw });

describe('SMTP', () => {
  test('hands over the message as it came, dots and all', async () => {
    const raw = 'From: customer@example.com\r\nSubject: Hi\r\n\r\n.\r\n..two\r\nSch\xf6n\0\r\n';
    controls.setNow(new Date('2031-05-06T07:08:09Z'));
    const answer = await deliver(Buffer.from(raw, 'latin1'), ['desk@annex.test', 'other@annex.test']);
    controls.setNow(null);
    expect(answer.response).toMatch(/^250 /);
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      envelope: { from: 'customer@example.com', to: ['desk@annex.test', 'other@annex.test'] },
      client: { address: '127.0.0.1' },
      messageId: expect.stringMatching(/^[0-9a-v]{40}$/) as string,
    });
    expect(received[0]?.client.helo).toMatch(/^[\w.[\]-]+$/);
    expect(received[0]?.raw.toString('latin1')).toBe(raw);
    expect(received[0]?.receivedAt.toISOString()).toMatch(/^2031-05-06T07:08:09/);
  });

  test('answers only when the message is taken', async () => {
    const order: string[] = [];
    let taken = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      receive = async () => {
        resolve();
        await new Promise<void>((go) => {
          taken = go;
        });
        order.push('taken');
      };
    });
    const sent = deliver('Subject: x\r\n\r\n').then(() => order.push('answered'));
    await arrived;
    expect(order).toEqual([]);
    taken();
    await sent;
    expect(order).toEqual(['taken', 'answered']);
  });

  test('a failure asks the sender to try again', async () => {
    const log = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    receive = () => {
      throw new Error('the store is down, at /secret/path');
    };
    const failed = deliver('Subject: x\r\n\r\n');
    await expect(failed).rejects.toMatchObject({ responseCode: 451 });
    await expect(failed).rejects.not.toThrow(/secret/);
    expect(log).toHaveBeenCalledOnce();
    log.mockRestore();
  });

  test('bounces have an empty sender', async () => {
    await transport().sendMail({
      envelope: { from: '', to: ['desk@annex.test'] },
      raw: 'Subject: x\r\n\r\n',
    });
    expect(received[0]?.envelope.from).toBe('');
  });

  test('more than 40 MB is refused, announced or not', async () => {
    const large = Buffer.alloc(40 * 1024 * 1024 + 1, 'x\r\n');
    await expect(deliver(large)).rejects.toMatchObject({ responseCode: 552 });

    // Announced by nodemailer, it was refused before it was sent; this client doesn't announce.
    const socket = connect(smtp.port, smtp.host);
    const answers = socket[Symbol.asyncIterator]();
    const say = async (line: string | Buffer): Promise<string> => {
      socket.write(line);
      return String((await answers.next()).value);
    };
    await answers.next();
    await say('HELO client.example\r\n');
    await say('MAIL FROM:<a@example.com>\r\n');
    await say('RCPT TO:<desk@annex.test>\r\n');
    expect(await say('DATA\r\n')).toMatch(/^354/);
    socket.write(large);
    expect(await say('\r\n.\r\n')).toMatch(/^552/);
    expect(await say('MAIL FROM:<a@example.com>\r\n')).toMatch(/^250/);
    socket.destroy();
    expect(received).toEqual([]);
  });

  test('a client that hangs up in the middle harms nobody', async () => {
    const socket = connect(smtp.port, smtp.host);
    await once(socket, 'data');
    socket.write('HELO x\r\n');
    await once(socket, 'data');
    socket.write('MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n');
    await once(socket, 'data');
    socket.write('Subject: half');
    socket.resetAndDestroy();
    await deliver('Subject: whole\r\n\r\n');
    expect(received.map(({ raw }) => raw.toString().trim())).toEqual(['Subject: whole']);
  });
});

const now = new Date('2026-02-03T04:05:06.789Z');
const notify = (raw: string | Buffer): ReturnType<typeof sesNotification> =>
  sesNotification({
    raw: Buffer.from(raw),
    envelope: { from: 'bounce@example.com', to: ['desk@annex.test'] },
    client: { address: '192.0.2.7', helo: 'mx.example.com' },
    bucket: 'annex-mail',
    key: 'inbound/o3vrnil0e2ic28tr',
    topicArn: 'arn:aws:sns:eu-central-1:000000000000:mail',
    messageId: 'o3vrnil0e2ic28tr',
    now,
  });

/** The form of SES, by what stored messages of others show. */
const spf =
  'pass (spfCheck: domain of example.com designates 192.0.2.7 as permitted sender) client-ip=192.0.2.7; envelope-from=bounce@example.com; helo=mx.example.com;';
const blockOf = (results: string[], spam = 'PASS', virus = 'PASS', said = spf): string =>
  [
    'Return-Path: <bounce@example.com>',
    'Received: from mx.example.com (mx.example.com [192.0.2.7])',
    ' by inbound-smtp.local with SMTP id o3vrnil0e2ic28tr',
    ' for desk@annex.test;',
    ' Tue, 03 Feb 2026 04:05:06 +0000 (UTC)',
    `X-SES-Spam-Verdict: ${spam}`,
    `X-SES-Virus-Verdict: ${virus}`,
    `Received-SPF: ${said}`,
    'Authentication-Results: amazonses.com;',
    ` spf=${said}`,
    ...results.map((result) => ` ${result};`),
    'X-SES-RECEIPT: bzN2cm5pbDBlMmljMjh0cg==',
    '',
  ].join('\r\n');
const passes = ['dkim=pass header.i=@example.com', 'dmarc=pass header.from=example.com'];
const block = blockOf(passes);
const blockHeaders = [
  { name: 'Return-Path', value: '<bounce@example.com>' },
  {
    name: 'Received',
    value:
      'from mx.example.com (mx.example.com [192.0.2.7]) by inbound-smtp.local with SMTP id o3vrnil0e2ic28tr for desk@annex.test; Tue, 03 Feb 2026 04:05:06 +0000 (UTC)',
  },
  { name: 'X-SES-Spam-Verdict', value: 'PASS' },
  { name: 'X-SES-Virus-Verdict', value: 'PASS' },
  { name: 'Received-SPF', value: spf },
  { name: 'Authentication-Results', value: `amazonses.com; spf=${spf} ${passes.join('; ')};` },
  { name: 'X-SES-RECEIPT', value: 'bzN2cm5pbDBlMmljMjh0cg==' },
];
const senders = ({ notification }: ReturnType<typeof notify>) =>
  notification.mail.headers.slice(blockHeaders.length).map(({ name }) => name);

describe('what SES delivers', () => {
  test('is the message and the notification of an S3 action', () => {
    const raw = [
      'Received: from mx.example.com',
      '\tby inbound-smtp.eu-central-1.amazonaws.com',
      'From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>',
      'To: "Desk, Annex" <desk@annex.test>, plain@annex.test',
      'CC: Team: one@annex.test, Two <two@annex.test>;',
      'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
      'Message-ID: <1@example.com>',
      'Date: Tue, 3 Feb 2026 05:05:00 +0100',
      '',
      'X-Local-Verdicts: spf=FAIL',
    ].join('\r\n');
    const pass = { status: 'PASS' };
    const delivered = notify(raw);
    expect(delivered.raw.toString()).toBe(`${block}${raw}`);
    expect(delivered.notification).toEqual({
      notificationType: 'Received',
      mail: {
        timestamp: '2026-02-03T04:05:06.789Z',
        source: 'bounce@example.com',
        messageId: 'o3vrnil0e2ic28tr',
        destination: ['desk@annex.test'],
        headersTruncated: false,
        headers: [
          ...blockHeaders,
          { name: 'Received', value: 'from mx.example.com by inbound-smtp.eu-central-1.amazonaws.com' },
          { name: 'From', value: '=?utf-8?q?J=C3=BCrgen?= <j@example.com>' },
          { name: 'To', value: '"Desk, Annex" <desk@annex.test>, plain@annex.test' },
          { name: 'CC', value: 'Team: one@annex.test, Two <two@annex.test>;' },
          { name: 'Subject', value: '=?utf-8?q?Gr=C3=BC=C3=9Fe?=' },
          { name: 'Message-ID', value: '<1@example.com>' },
          { name: 'Date', value: 'Tue, 3 Feb 2026 05:05:00 +0100' },
        ],
        commonHeaders: {
          returnPath: 'bounce@example.com',
          from: ['Jürgen <j@example.com>'],
          date: 'Tue, 3 Feb 2026 05:05:00 +0100',
          to: ['"Desk, Annex" <desk@annex.test>', 'plain@annex.test'],
          cc: ['one@annex.test', 'Two <two@annex.test>'],
          messageId: '<1@example.com>',
          subject: 'Grüße',
        },
      },
      receipt: {
        timestamp: '2026-02-03T04:05:06.789Z',
        processingTimeMillis: expect.any(Number) as number,
        recipients: ['desk@annex.test'],
        spamVerdict: pass,
        virusVerdict: pass,
        spfVerdict: pass,
        dkimVerdict: pass,
        dmarcVerdict: pass,
        action: {
          type: 'S3',
          topicArn: 'arn:aws:sns:eu-central-1:000000000000:mail',
          bucketName: 'annex-mail',
          objectKeyPrefix: 'inbound/',
          objectKey: 'inbound/o3vrnil0e2ic28tr',
        },
      },
    });
  });

  test.each(['\r\n', '\n'])('the verdicts that a message asks for, without the header (%j)', (newline) => {
    const raw = [
      'From: a@example.com',
      'x-local-verdicts: SPF=fail; dmarc=FAIL;',
      ' virus=PROCESSING_FAILED; dkim=NONSENSE; other=FAIL',
      'X-Local-Verdicts: spam=GRAY',
      'Subject: x',
      '',
      'body',
    ].join(newline);
    const delivered = notify(raw);
    expect(delivered.notification.receipt).toMatchObject({
      spfVerdict: { status: 'FAIL' },
      dkimVerdict: { status: 'PASS' },
      dmarcVerdict: { status: 'FAIL' },
      dmarcPolicy: 'none',
      virusVerdict: { status: 'PROCESSING_FAILED' },
      spamVerdict: { status: 'GRAY' },
    });
    expect(senders(delivered)).toEqual(['From', 'Subject']);
    const failed = spf.replace('pass', 'fail').replace('designates', 'does not designate');
    const written = blockOf(
      [passes[0]!, 'dmarc=fail header.from=example.com'],
      'GRAY',
      'PROCESSING_FAILED',
      failed,
    );
    const sent = ['From: a@example.com', 'Subject: x', '', 'body'].join(newline);
    expect(delivered.raw.toString()).toBe(`${written}${sent}`);
  });

  test.each<[string, string[]]>([
    ['dkim=PASS; dkim-domain=evil.test', ['dkim=pass header.i=@evil.test', passes[1]!]],
    ['dkim-domain=evil.test; dkim-domain=(x y); dkim-domain=', ['dkim=pass header.i=@evil.test', passes[1]!]],
    ['dkim=GRAY', [passes[1]!]],
    ['dkim=FAIL; dmarc=GRAY', ['dkim=fail header.i=@example.com', 'dmarc=none header.from=example.com']],
    ['dkim=PROCESSING_FAILED', ['dkim=permerror header.i=@example.com', passes[1]!]],
  ])('whose signature was found, and whether From publishes a policy: %s', (asked, results) => {
    const { raw } = notify(`X-Local-Verdicts: ${asked}\r\nFrom: Ann <a@Example.com>\r\n\r\n`);
    expect(raw.toString()).toBe(`${blockOf(results)}From: Ann <a@Example.com>\r\n\r\n`);
  });

  test('nothing but that header has a say', () => {
    const raw =
      'Authentication-Results: amazonses.com; dmarc=fail header.from=example.com;\r\nX-SES-Virus-Verdict: FAIL\r\nReceived-SPF: fail\r\nFrom: a@example.com\r\n\r\nX-Local-Verdicts: spf=FAIL';
    const delivered = notify(raw);
    expect(delivered.raw.toString()).toBe(`${block}${raw}`);
    expect(delivered.notification.receipt.virusVerdict).toEqual({ status: 'PASS' });
  });

  test('headers above 10 KB are cut off, the common ones are still told', () => {
    const filler = `X-Filler: ${'y'.repeat(990)}\r\n`.repeat(11);
    const { mail } = notify(`From: a@example.com\r\n${filler}Subject: late\r\n\r\n`).notification;
    expect(mail.headersTruncated).toBe(true);
    expect(mail.headers).toHaveLength(blockHeaders.length + 10);
    expect(mail.commonHeaders).toMatchObject({ from: ['a@example.com'], subject: 'late' });
    expect(notify(`From: a@example.com\r\n\r\n${filler}`).notification.mail.headersTruncated).toBe(false);
  });

  const size = 5 * 1024 * 1024;
  test.each<[string, string]>([
    ['nothing at all', ''],
    ['only a blank line', '\n'],
    ['no header', 'hello\nworld\n'],
    ['a body only', '\r\n\r\nFrom: a@example.com\r\n'],
    ['NUL bytes', '\0'.repeat(size)],
    ['NUL bytes in headers', 'From: a\0@example.com\nX\0Y: \0\n\n\0'],
    ['a lone continuation', ' folded\nFrom: a@example.com\n\n'],
    ['one endless header', `Subject: ${'x'.repeat(size)}`],
    ['a header of spaces', `Subject: ${' '.repeat(size)}x\n\n`],
    ['a header of carriage returns', `Subject: ${'\r'.repeat(size)}x\n\n`],
    ['endless folding', `To: a${'\n '.repeat(size / 2)}\n\n`],
    ['millions of fields', 'a:\n'.repeat(size / 3)],
    ['millions of lines without a colon', 'a\n'.repeat(size / 2)],
    ['verdicts over verdicts', 'X-Local-Verdicts: spf=FAIL\n'.repeat(size / 27)],
    ['endless verdicts', `X-Local-Verdicts: ${'spf='.repeat(size / 4)}\n\n`],
    ['brackets', `To: ${'<'.repeat(size)}\n\n`],
    ['comments', `To: ${'('.repeat(size)}\n\n`],
    ['quotes', `Cc: ${'"a'.repeat(size / 2)}\n\n`],
    ['groups', `From: ${'a:'.repeat(size / 2)}\n\n`],
    ['encoded words', `Subject: ${'=?utf-8?q?a'.repeat(size / 11)}\n\n`],
  ])('survives %s', (_name, raw) => {
    const began = performance.now();
    const { notification } = notify(raw);
    expect(performance.now() - began).toBeLessThan(4000);
    expect(JSON.stringify(notification).length).toBeLessThan(128 * 1024);
    expect(notification.notificationType).toBe('Received');
  });
});
