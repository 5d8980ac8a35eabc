import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { addressesOf, crlf, MailDesk, parseMail, sendRaw } from '../../../support/desks/mail-desk.ts';
import { PortalClient } from '../../../support/local/portal-client.ts';
import { type Account, addressOf, unique } from '../../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

let account: Account;
let from: string;

beforeAll(async () => {
  account = await desk.openAccount();
  from = account.owner.email;
});

/** Sends these lines, with a subject of its own, and gives the one record that it ends with. */
async function recordOf(
  head: string[],
  body: string | Buffer = 'Hello.',
  subject = unique('Odd'),
): Promise<any> {
  const lines = [...head, ...(head.some((line) => /^subject:/i.test(line)) ? [] : [`Subject: ${subject}`])];
  await sendRaw(client, Buffer.concat([Buffer.from(crlf(...lines, '', '')), Buffer.from(body)]), { from });
  const record = await desk.record(subject);
  expect(record).toMatchObject({
    id: expect.stringMatching(/^mail_/),
    receivedAt: expect.stringMatching(/Z$/),
    outcome: expect.stringMatching(/^(ticket|reply|ignored|answered|quarantined)$/),
    reason: expect.stringMatching(/\w/),
    trace: expect.any(Array),
  });
  expect(await desk.records(subject)).toHaveLength(1);
  return record;
}

const readTicket = async (record: any): Promise<any> => {
  expect(record).toMatchObject({ outcome: 'ticket', ticketId: expect.stringMatching(/^tkt_/) });
  return desk.readTicket(account, record.ticketId);
};

describe('a sender', () => {
  test.each([
    ['that is not there', []],
    ['that is empty', ['From: ']],
    ['that is no address', ['From: Olive Owner']],
    ['with an empty address', ['From: Olive Owner <>']],
    ['with two at-signs', ['From: olive@@people.test']],
    ['of 5,000 characters', [`From: ${'x'.repeat(4000)}@${'y'.repeat(1000)}.test`]],
  ])('%s acts as nobody', async (_, head) => {
    const record = await recordOf(head);
    expect(record.ticketId).toBeUndefined();
    expect(record.from).toEqual(expect.any(String));
  });

  test.each([
    [
      'ten fields',
      () => [...Array.from({ length: 9 }, (_, index) => `From: a${index}@people.test`), `From: ${from}`],
    ],
    [
      'ten fields, the known one first',
      () => [`From: ${from}`, ...Array.from({ length: 9 }, () => 'From: a@people.test')],
    ],
    [
      'ten addresses',
      () => [`From: ${Array.from({ length: 9 }, (_, index) => `a${index}@people.test`).join(', ')}, ${from}`],
    ],
  ])('said in %s is not believed to be each of them', async (_, head) => {
    expect((await recordOf(head())).ticketId).toBeUndefined();
  });
});

describe('a Message-ID', () => {
  test.each([
    ['that is not there', []],
    ['that is empty', ['Message-ID: ']],
    ['that is no such thing', ['Message-ID: hello there <<>>']],
    ['of 20,000 characters', [`Message-ID: <${'x'.repeat(20_000)}@people.test>`]],
  ])('%s keeps no mail out', async (_, head) => {
    const ticket = await readTicket(await recordOf([`From: ${from}`, ...head]));
    expect(ticket.messages[0].body).toBe('Hello.');
    const [mail] = await client.mailsWith(ticket.number);
    for (const line of mail!.raw.split(/\r?\n/)) expect(line.length).toBeLessThanOrEqual(998);
  });

  test('that is not there does not make two mails one', async () => {
    const [one, two] = [unique('Odd'), unique('Odd')];
    for (const subject of [one, two])
      await recordOf([`From: ${from}`, 'Date: Mon, 2 Nov 2026 10:00:00 +0000'], `I am ${subject}.`, subject);
    for (const subject of [one, two])
      expect((await desk.ticketNamed(account, subject)).messages[0].body).toBe(`I am ${subject}.`);
  });
});

describe('two mails of two people', () => {
  test('without a Message-ID that say the same are two', async () => {
    const other = await desk.openAccount();
    const subject = unique('Odd');
    for (const email of [from, other.owner.email])
      await sendRaw(client, crlf(`From: ${email}`, `Subject: ${subject}`, '', 'It is broken.'), {
        from: email,
      });
    const both = await client.until(async () => {
      const found = await desk.records(subject);
      return found.length === 2 && found;
    });
    expect(both.map((record) => record.outcome)).toEqual(['ticket', 'ticket']);
    for (const home of [account, other]) await desk.ticketNamed(home, subject);
  });
});

describe('a head', () => {
  test.each(['To', 'Cc'])(
    'with 5,000 recipients in %s is a ticket with twenty in CC at most',
    async (field) => {
      const many = Array.from({ length: 5000 }, (_, index) => `copy${index}@many.test`);
      const ticket = await readTicket(await recordOf([`From: ${from}`, `${field}: ${many.join(',\r\n ')}`]));
      expect(ticket.cc.length).toBeLessThanOrEqual(20);
      const [mail] = await client.mailsWith(ticket.number);
      expect(mail!.envelope.to.length).toBeLessThanOrEqual(21);
    },
  );

  test('with 2,000 references and 3,000 fields is read all the same', async () => {
    const references = Array.from({ length: 2000 }, (_, index) => `<${index}@people.test>`).join('\r\n ');
    const fields = Array.from({ length: 3000 }, (_, index) => `X-Field-${index}: ${'v'.repeat(50)}`);
    const record = await recordOf([`From: ${from}`, ...fields, `References: ${references}`]);
    expect((await readTicket(record)).messages).toHaveLength(1);
  });

  test('with names that carry other fields adds no field and no recipient', async () => {
    const victim = addressOf('victim');
    const guest = addressOf('guest');
    const evil = (name: string): string =>
      `=?utf-8?Q?${name}=0D=0ABcc:_${victim.replace('@', '=40')}=0D=0AX-Evil:_1?=`;
    const record = await recordOf(
      [
        `From: ${from}`,
        `Date: ${new Date().toUTCString()}`,
        `To: ${evil('Support')} <${client.portal.supportAddress}>`,
        `Cc: ${evil('Gus')} <${guest}>, "${guest}\\\r\n\tBcc: ${victim}" <${guest}>`,
        `Subject: ${evil('Odd injection')}`,
      ],
      'Hello.',
      victim,
    );
    const ticket = await readTicket(record);
    expect(ticket.subject).not.toMatch(/[\u0000-\u001f]/);
    expect(ticket.cc).toEqual([guest]);
    const text = unique('Me too');
    const [mail] = await client.mailsWith(ticket.number);
    const reply = { from: `"Gus\r\nBcc: ${victim}" <${guest}>`, subject: `Re: x\r\nBcc: ${victim}` };
    await client.sendMail({ ...reply, inReplyTo: mail!.messageId, text });
    await client.mailsWith(text);
    const said = await desk.staffReply(account, ticket.id);
    await client.mailsWith(said);
    for (const sent of (await client.mails()).filter((one) => one.subject.includes(ticket.number))) {
      const parsed = await parseMail(sent);
      expect(parsed.headers.has('bcc')).toBe(false);
      expect(parsed.headers.has('x-evil')).toBe(false);
      expect([...addressesOf(parsed.to), ...addressesOf(parsed.cc)].sort()).toEqual(
        [...sent.envelope.to].sort(),
      );
      expect(sent.envelope.to).not.toContain(victim);
    }
    const inFrom = await recordOf([`From: ${evil('Olive')} <${from}>`]);
    if (inFrom.ticketId !== undefined) await client.mailsWith((await readTicket(inFrom)).number);
    await desk.settle(account);
    expect(await desk.mailsTo(victim)).toEqual([]);
  });

  test('with control characters and overrides of direction in its subject has a subject of one plain line', async () => {
    const mark = unique('Odd');
    const encoded = Buffer.from(
      `${mark} a\u0000b\u0007c\u001b[31m \u202Egnp.exe\u202C \u2066x\u2069\u2028\r\nBcc: a@b.test`,
    );
    const record = await recordOf(
      [`From: ${from}`, `Subject: =?utf-8?B?${encoded.toString('base64')}?=`],
      'Hello.',
      mark,
    );
    const ticket = await readTicket(record);
    expect(ticket.subject).toContain(mark);
    for (const subject of [ticket.subject, record.subject, (await client.mailsWith(mark))[0]!.subject])
      expect(subject).not.toMatch(/[\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
  });

  test('with a subject of 10,000 characters has one that fits', async () => {
    const mark = unique('Odd');
    const ticket = await readTicket(
      await recordOf([`From: ${from}`, `Subject: ${mark} ${'long '.repeat(2000)}`], 'Hello.', mark),
    );
    expect(ticket.subject.length).toBeGreaterThan(0);
    expect(ticket.subject.length).toBeLessThanOrEqual(1000);
    expect((await client.mailsWith(ticket.number))[0]!.subject).toContain(ticket.subject);
  });
});

describe('a body', () => {
  test.each([
    ['an unknown character set', ['Content-Type: text/plain; charset=klingon-7'], 'Hello there.'],
    ['an unknown encoding', ['Content-Transfer-Encoding: rot13', 'Content-Type: text/plain'], 'Hello there.'],
    ['a type that is none', ['Content-Type: ;;;=, text'], 'Hello there.'],
    [
      'bytes that are no UTF-8',
      ['Content-Type: text/plain; charset=utf-8'],
      Buffer.from([0x48, 0x65, 0xff, 0xfe, 0xc3]),
    ],
    ['nothing in it', ['Content-Type: text/plain'], ''],
    ['a multipart without a boundary', ['Content-Type: multipart/mixed'], 'Hello there.'],
    [
      'a multipart that never ends',
      ['Content-Type: multipart/mixed; boundary=b'],
      '--b\r\nContent-Type: text/plain\r\n\r\nHello there.',
    ],
    [
      'base64 that is broken',
      ['Content-Type: text/plain', 'Content-Transfer-Encoding: base64'],
      'SGVsbG8gd!!9ybGQ',
    ],
    ['a NUL', ['Content-Type: text/plain'], 'Hello\u0000 there.'],
  ])('with %s ends with a record', async (_, head, body) => {
    const record = await recordOf([`From: ${from}`, 'MIME-Version: 1.0', ...head], body);
    const { messages } = await readTicket(record);
    if (body === 'Hello there.') expect(messages[0].body).toBe('Hello there.');
  });

  test('of multiparts in multiparts, 500 deep, ends with a record', async () => {
    let body = 'Content-Type: text/plain\r\n\r\nDeep down.';
    for (let depth = 0; depth < 500; depth += 1)
      body = `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n${body}\r\n--b${depth}--`;
    const [type, ...rest] = body.split('\r\n\r\n');
    await recordOf([`From: ${from}`, 'MIME-Version: 1.0', type!], rest.join('\r\n\r\n'));
  });

  test('of 2,000 files ends with a record', async () => {
    const part =
      '--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n';
    const head = [`From: ${from}`, 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b'];
    await recordOf(head, `--b\r\n\r\nHello.\r\n${part.repeat(2000)}--b--\r\n`);
  });

  test('of a megabyte of text is there, and its mail too', async () => {
    const text = 'All work and no play. '.repeat(50_000);
    const record = await recordOf([`From: ${from}`], text.replace(/(.{70}\S*) /g, '$1\r\n'));
    const [message] = (await readTicket(record)).messages;
    expect(message.body.length).toBeGreaterThan(10_000);
    expect(message.body.startsWith('All work and no play.')).toBe(true);
  });

  test('of 300 KB of text can be read to its last word, in the message or in a file of it', async () => {
    const last = unique('The end');
    const text = `${'All work and no play.\r\n'.repeat(14_000)}${last}`;
    const [message] = (await readTicket(await recordOf([`From: ${from}`], text))).messages;
    const staff = await desk.staff();
    const files = message.attachments.map(async ({ id }: { id: string }) => {
      const { url } = (await client.call(staff, 'GET', `${account.path}/attachments/${id}`)).body;
      return (await fetch(url)).text();
    });
    expect([message.body, message.quoted, ...(await Promise.all(files))].join('\n')).toContain(last);
  });

  test.each([
    ['a path', '../../../etc/passwd'],
    ['a path of Windows', '..\\\\..\\\\windows\\\\system.ini'],
    ['line breaks', 'evil\r\nContent-Type: text/html\r\n\r\n<script>.txt'],
    ['line breaks in disguise', '=?utf-8?Q?a=0D=0Ab.txt?='],
    ['an override of direction', '=?utf-8?B?4oCuZ3BqLmV4ZQ==?='],
    ['2,000 characters', `${'n'.repeat(2000)}.txt`],
  ])('with a file name of %s has a file with a name of one line and no path', async (_, fileName) => {
    const disposition = `Content-Disposition: attachment; filename="${fileName.replace(/\r\n/g, '\r\n ')}"`;
    const body = crlf(
      '--b',
      '',
      'See.',
      '--b',
      'Content-Type: application/pdf',
      disposition,
      '',
      'data',
      '--b--',
      '',
    );
    const head = [`From: ${from}`, 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b'];
    const ticket = await readTicket(await recordOf(head, body));
    const [file] = ticket.messages[0].attachments;
    expect(file.fileName).toMatch(/^[^\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069/\\]{1,255}$/);
    expect(file.fileName).not.toMatch(/^\.\.?$/);
    const staff = await desk.staff();
    const link = await client.call(staff, 'GET', `${account.path}/attachments/${file.id}`);
    expect(new URL(link.body.url).pathname).not.toContain('..');
    expect(await (await fetch(link.body.url)).text()).toBe('data');
  });

  test('of 20 MB is a ticket', async () => {
    const subject = unique('Odd');
    const attachments = [{ filename: 'large.bin', content: randomBytes(20 * 1024 * 1024) }];
    await client.sendMail({ from, subject, text: 'It is large.', attachments });
    const record = await desk.record(subject);
    expect((await readTicket(record)).messages[0].attachments).toMatchObject([{ size: 20 * 1024 * 1024 }]);
    expect(await desk.records(subject)).toHaveLength(1);
  });
});
