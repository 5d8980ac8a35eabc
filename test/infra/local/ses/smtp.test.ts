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
      messageId: expect.stringMatching(/^[0-9a-v]{40}$/) as string,
    });
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
    bucket: 'annex-mail',
    key: 'inbound/o3vrnil0e2ic28tr',
    topicArn: 'arn:aws:sns:eu-central-1:000000000000:mail',
    messageId: 'o3vrnil0e2ic28tr',
    now,
  });

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
    expect(delivered.raw.toString()).toBe(raw);
    expect(delivered.notification).toEqual({
      notificationType: 'Received',
      mail: {
        timestamp: '2026-02-03T04:05:06.789Z',
        source: 'bounce@example.com',
        messageId: 'o3vrnil0e2ic28tr',
        destination: ['desk@annex.test'],
        headersTruncated: false,
        headers: [
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
    expect(delivered.notification.mail.headers.map(({ name }) => name)).toEqual(['From', 'Subject']);
    expect(delivered.raw.toString()).toBe(['From: a@example.com', 'Subject: x', '', 'body'].join(newline));
  });

  test('headers above 10 KB are cut off, the common ones are still told', () => {
    const filler = `X-Filler: ${'y'.repeat(990)}\r\n`.repeat(11);
    const { mail } = notify(`From: a@example.com\r\n${filler}Subject: late\r\n\r\n`).notification;
    expect(mail.headersTruncated).toBe(true);
    expect(mail.headers).toHaveLength(11);
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
