import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SESClient, SendEmailCommand, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { type Message } from '../../../../infra/local/ses/message.ts';
import { type Ses, startSes } from '../../../../infra/local/ses/server.ts';

const controls = new Controls();
const region = 'eu-west-1';
const ID = /^0102[0-9a-f]{12}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-000000$/;
let dir: string;
let ses: Ses;
let client: SESClient;

const connect = (endpoint: string): SESClient =>
  new SESClient({
    region,
    endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ses-'));
  ses = await startSes({ controls, region, dir });
  client = connect(ses.url);
});
afterAll(async () => {
  client.destroy();
  await ses.close();
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  await fetch(`${ses.mailboxUrl}/messages`, { method: 'DELETE' });
});
afterEach(() => {
  controls.setNow(null);
  controls.faults.mailThrottles = 0;
  vi.restoreAllMocks();
});

const mailbox = async (): Promise<Message[]> =>
  (await (await fetch(`${ses.mailboxUrl}/messages`)).json()) as Message[];
const lines = (...all: string[]): Buffer => Buffer.from(all.join('\r\n'));

interface RawInput {
  Source?: string;
  Destinations?: string[];
}
async function sendRaw(raw: Buffer, input: RawInput = {}): Promise<string> {
  const answer = await client.send(new SendRawEmailCommand({ ...input, RawMessage: { Data: raw } }));
  return answer.MessageId ?? '';
}
const SIMPLE = lines('From: Desk <desk@annex.test>', 'To: a@example.com', 'Subject: Hi', '', 'Hello', '');

describe('SendRawEmail', () => {
  test('sends with SES headers in place of the own ones', async () => {
    controls.setNow(new Date('2030-01-02T03:04:05.000Z'));
    const id = await sendRaw(
      lines(
        'Message-ID: <mine@annex.test>',
        'Date: Mon, 1 Jan 2001 00:00:00 +0000',
        'From: Desk <desk@annex.test>',
        'To: =?utf-8?q?J=C3=BCrgen?= <a@example.com>, b@example.com',
        'Cc: "C, Person" <c@example.com>',
        'Bcc: secret@example.com,',
        ' other-secret@example.com',
        'In-Reply-To:',
        ' <first@example.com>',
        'X-SES-CONFIGURATION-SET: none',
        'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        'Sch=C3=B6n + gut & so',
        '',
      ),
    );
    expect(id).toMatch(ID);
    const [message, ...more] = await mailbox();
    expect(more).toEqual([]);
    expect(message).toEqual({
      from: 'desk@annex.test',
      to: ['a@example.com', 'b@example.com'],
      cc: ['c@example.com'],
      envelope: {
        from: 'desk@annex.test',
        to: 'a b c secret other-secret'.split(' ').map((name) => `${name}@example.com`),
      },
      subject: 'Grüße',
      messageId: `<${id}@eu-west-1.amazonses.com>`,
      inReplyTo: '<first@example.com>',
      text: 'Schön + gut & so\n',
      html: null,
      raw: expect.any(String) as string,
      sentAt: expect.stringMatching(/^2030-01-02T03:04:05\.\d{3}Z$/) as string,
    });
    expect(message?.raw).not.toMatch(/secret|mine@|2001|configuration-set/i);
    expect(message?.raw.match(/^message-id:/gim)).toHaveLength(1);
    expect(message?.raw).toContain('Date: Wed, 02 Jan 2030 03:04:05 +0000\r\n');
    expect(ses.messages()).toEqual([message]);
  });

  test('the envelope of the call wins over the headers', async () => {
    const Destinations = ['Only <only@example.com>'];
    await sendRaw(SIMPLE, { Source: 'Bounces <bounces@annex.test>', Destinations });
    expect((await mailbox())[0]).toMatchObject({
      envelope: { from: 'bounces@annex.test', to: ['only@example.com'] },
      from: 'desk@annex.test',
      to: ['a@example.com'],
      inReplyTo: null,
    });
  });

  test('in us-east-1 ids end in email.amazonses.com', async () => {
    const other = await startSes({ controls, region: 'us-east-1' });
    const { messageId } = await other.send({ raw: SIMPLE });
    expect(messageId).toMatch(/^<0100[^@]*@email\.amazonses\.com>$/);
    await other.close();
  });

  test('bare line feeds and bytes that are no UTF-8 are fine', async () => {
    await sendRaw(
      Buffer.from('From: a@b.example\nTo: c@d.example\nBCC: e@f.example\n\n\xff\0\xfe', 'latin1'),
    );
    const [message] = await mailbox();
    expect(message?.envelope.to).toEqual(['c@d.example', 'e@f.example']);
    expect(message?.raw).toContain('\xff\0\xfe');
    expect(message?.raw).not.toContain('e@f.example');
  });

  const invalid = 'InvalidParameterValue';
  test.each<[string, Buffer, RawInput, string]>([
    ['no From', lines('To: a@example.com', '', 'x'), {}, "Missing required header 'From'."],
    ['no recipient', lines('From: a@example.com', '', 'x'), {}, "Missing required header 'To'."],
    ['no domain', SIMPLE, { Destinations: ['nobody'] }, "Missing final '@domain'"],
    ['a bad domain', SIMPLE, { Destinations: ['a@ex_ample.com'] }, 'Domain contains illegal character'],
    ['dots', SIMPLE, { Destinations: ['a..b@example.com'] }, 'Local address contains dot-dot'],
    [
      'an umlaut',
      SIMPLE,
      { Destinations: ['jürgen@example.com'] },
      'Local address contains non-ASCII character',
    ],
    ['two in one', SIMPLE, { Destinations: ['a@example.com, b@example.com'] }, 'Illegal address'],
    ['a bad sender', SIMPLE, { Source: 'desk@' }, 'Missing domain'],
    [
      'two subjects',
      lines('From: a@example.com', 'To: b@example.com', 'Subject: 1', 'SUBJECT: 2', '', 'x'),
      {},
      "Duplicate header 'subject'.",
    ],
    [
      '51 recipients',
      SIMPLE,
      { Destinations: Array.from({ length: 51 }, (_, n) => `r${n}@example.com`) },
      'Recipient count exceeds 50.',
    ],
  ])('refuses %s', async (_name, raw, input, message) => {
    await expect(sendRaw(raw, input)).rejects.toMatchObject({ name: invalid, message });
    expect(await mailbox()).toEqual([]);
  });

  test('takes 10 MB and 50 recipients, and not a byte more', async () => {
    const raw = Buffer.concat([
      SIMPLE,
      Buffer.alloc(10 * 1024 * 1024 - SIMPLE.length, `${'x'.repeat(998)}\r\n`),
    ]);
    const Destinations = Array.from({ length: 50 }, (_, n) => `r${n}@example.com`);
    await sendRaw(raw, { Destinations });
    await expect(sendRaw(Buffer.concat([raw, Buffer.from('x')]))).rejects.toMatchObject({
      name: invalid,
      message: "Message length is more than 10485760 bytes long: '10485761'.",
    });
    expect(ses.messages()).toHaveLength(1);
  });
});

test('throttles with the given probability, and the SDK tries again', async () => {
  controls.faults.mailThrottles = 1;
  await expect(sendRaw(SIMPLE)).rejects.toMatchObject({
    name: 'Throttling',
    message: 'Maximum sending rate exceeded.',
    $metadata: { httpStatusCode: 400 },
  });
  expect(ses.messages()).toEqual([]);

  controls.faults.mailThrottles = 0.5;
  vi.spyOn(Math, 'random').mockReturnValueOnce(0.4).mockReturnValue(0.6);
  const patient = new SESClient({
    region,
    endpoint: ses.url,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    retryStrategy: {
      mode: 'standard',
      acquireInitialRetryToken: async () => ({ getRetryCount: () => 0, getRetryDelay: () => 0 }),
      refreshRetryTokenForRetry: async () => ({ getRetryCount: () => 1, getRetryDelay: () => 0 }),
      recordSuccess: () => undefined,
    },
  });
  await patient.send(new SendRawEmailCommand({ RawMessage: { Data: SIMPLE } }));
  patient.destroy();
  expect(ses.messages()).toHaveLength(1);
});

test('SendEmail composes the message', async () => {
  const sent = await client.send(
    new SendEmailCommand({
      Source: 'Annex Desk <desk@annex.test>',
      Destination: {
        ToAddresses: ['Jürgen <a@example.com>'],
        CcAddresses: ['c@example.com'],
        BccAddresses: ['secret@example.com'],
      },
      ReplyToAddresses: ['reply@annex.test'],
      Message: {
        Subject: { Data: 'Größe & <mehr>\r\nX-Injected: yes' },
        Body: { Text: { Data: 'Schön' }, Html: { Data: '<p>Schön</p>' } },
      },
    }),
  );
  const [message] = await mailbox();
  expect(message).toMatchObject({
    from: 'desk@annex.test',
    to: ['a@example.com'],
    cc: ['c@example.com'],
    envelope: { from: 'desk@annex.test', to: ['a@example.com', 'c@example.com', 'secret@example.com'] },
    messageId: `<${sent.MessageId}@eu-west-1.amazonses.com>`,
    text: expect.stringMatching(/^Schön\s*$/) as string,
    html: expect.stringMatching(/^<p>Schön<\/p>\s*$/) as string,
  });
  expect(message?.subject).toMatch(/^Größe & <mehr>/);
  expect(message?.raw).not.toMatch(/secret|^X-Injected/im);
  expect(message?.raw).toMatch(/^Reply-To: reply@annex\.test/m);
  await expect(
    client.send(
      new SendEmailCommand({
        Source: 'desk@annex.test',
        Destination: { ToAddresses: ['a b@example.com'] },
        Message: { Subject: { Data: 'x' }, Body: { Text: { Data: 'x' } } },
      }),
    ),
  ).rejects.toMatchObject({ name: 'InvalidParameterValue' });
});

test('other actions and nonsense are refused', async () => {
  const post = async (body: string): Promise<[number, string]> => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await fetch(ses.url, { method: 'POST', headers, body });
    return [response.status, /<Code>(.*)<\/Code>/.exec(await response.text())?.[1] ?? ''];
  };
  expect(await post('Action=GetIdentity&Version=2010-12-01')).toEqual([400, 'InvalidAction']);
  expect(await post('')).toEqual([400, 'InvalidAction']);
  expect(await post('Action=SendRawEmail')).toEqual([400, 'ValidationError']);
  expect(await post('Action=SendRawEmail&RawMessage.Data=%FF%00%3C')).toEqual([400, 'InvalidParameterValue']);
});

describe('the mailbox', () => {
  const get = async (path: string): Promise<{ status: number; html: string; policy: string }> => {
    const response = await fetch(`${ses.mailboxUrl}${path}`);
    return {
      status: response.status,
      html: await response.text(),
      policy: response.headers.get('content-security-policy') ?? '',
    };
  };

  test('lists newest first, a page at a time, and empties', async () => {
    for (let nth = 1; nth <= 101; nth += 1) {
      await ses.sendText({ from: 'auth@annex.test', to: 'a@example.com', subject: `Mail ${nth}`, text: 'x' });
    }
    expect((await mailbox()).map(({ subject }) => subject).slice(0, 2)).toEqual(['Mail 1', 'Mail 2']);
    const first = await get('');
    expect(first.html.indexOf('Mail 101<')).toBeLessThan(first.html.indexOf('Mail 100<'));
    expect(first.html).not.toContain('Mail 1<');
    expect((await get('?page=2')).html).toContain('Mail 1<');
    expect((await get('/?page=nonsense')).status).toBe(200);
    const emptied = await fetch(`${ses.mailboxUrl}/messages`, { method: 'DELETE' });
    expect(emptied.status).toBe(204);
    expect(await mailbox()).toEqual([]);
    expect((await get('')).html).toContain('No messages.');
  });

  test('shows a hostile message without letting it do anything', async () => {
    const id = await sendRaw(
      lines(
        'From: "<script>alert(1)</script>" <desk@annex.test>',
        'To: a@example.com',
        'Subject: </title><script>alert(2)</script>',
        'Content-Type: text/html; charset=utf-8',
        '',
        '"></iframe><script>alert(3)</script><img src="https://evil.example/x.png">',
      ),
    );
    const pages = [await get(''), await get(`/messages/${id}`)];
    for (const { html, policy } of pages) {
      expect(html).not.toMatch(/<script|<img|<\/iframe><script/i);
      expect(html).not.toMatch(/\s(?:src|href)="(?!\/mailbox[/?"])/);
      expect(policy).toMatch(/^default-src 'none'/);
      expect(policy).not.toContain('script-src');
    }
    expect(pages[1]?.html).toMatch(
      /<iframe sandbox="" [^>]*srcdoc="&lt;meta http-equiv=&quot;Content-Security-Policy&quot;/,
    );
    expect(pages[1]?.html.match(/<iframe/g)).toHaveLength(1);
    const raw = await fetch(`${ses.mailboxUrl}/messages/${id}/raw`);
    expect(raw.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(raw.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await raw.text()).toBe(ses.messages()[0]?.raw);
    expect((await get('/messages/none')).status).toBe(404);
  });
});

test('messages outlive a restart, also one that cut a line short; 5,000 are kept', async () => {
  const home = join(dir, 'restart');
  const path = join(home, 'ses-messages.jsonl');
  let other = await startSes({ controls, region, dir: home });
  const sent = await other.send({ raw: SIMPLE });
  await other.close();
  await appendFile(path, JSON.stringify(sent).slice(0, 40));
  other = await startSes({ controls, region, dir: home });
  expect(other.messages()).toEqual([sent]);
  const second = await other.send({ raw: SIMPLE, envelope: { from: 'x@annex.test', to: ['y@example.com'] } });
  await other.close();
  await appendFile(path, `${JSON.stringify(second)}\n`.repeat(5000));
  other = await startSes({ controls, region, dir: home });
  expect(other.messages()).toHaveLength(5000);
  await other.send({ raw: SIMPLE });
  expect(other.messages()).toHaveLength(5000);
  expect(other.messages().at(-1)?.messageId).not.toBe(second.messageId);
  await fetch(`${other.mailboxUrl}/messages`, { method: 'DELETE' });
  await other.close();
  expect(await readFile(path, 'utf8')).toBe('');
});
