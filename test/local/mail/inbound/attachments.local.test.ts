import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { crlf, MailDesk, sendRaw } from '../../../support/desks/mail-desk.ts';
import { type Answered, PortalClient } from '../../../support/local/portal-client.ts';
import { type Account, addContact, addSubAccount, type SubAccount, unique } from '../../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

let account: Account;
let person: SubAccount;
let staff: string;

beforeAll(async () => {
  account = await desk.openAccount();
  person = await addSubAccount(client, account, ['tickets']);
  staff = await desk.staff();
});

const announce = (file: object, token = account.owner.token, home = account): Promise<Answered> =>
  client.call(token, 'POST', `${home.path}/attachments`, {
    fileName: 'notes.txt',
    contentType: 'text/plain',
    size: 5,
    ...file,
  });

/** Puts a file as a browser does, which says the length by itself. */
function put(announced: Answered, content: string | Buffer): Promise<Response> {
  const { method, url, headers } = announced.body.upload;
  const { 'content-length': _, ...rest } = headers as Record<string, string>;
  return fetch(url, { method, headers: rest, body: content as unknown as string });
}

/** Announces a file and puts it where it was told; gives its id. */
async function upload(
  fileName: string,
  content: string | Buffer,
  { contentType = 'text/plain', token = account.owner.token, home = account } = {},
): Promise<string> {
  const announced = await announce({ fileName, contentType, size: Buffer.byteLength(content) }, token, home);
  expect(announced.status).toBe(201);
  expect((await put(announced, content)).status).toBe(200);
  return announced.body.id as string;
}

const open = (attachmentIds: string[], token = account.owner.token, home = account): Promise<Answered> =>
  client.call(token, 'POST', `${home.path}/tickets`, {
    subject: unique('With a file'),
    message: 'See the file.',
    attachmentIds,
  });

const link = (id: string, token = account.owner.token, home = account): Promise<Answered> =>
  client.call(token, 'GET', `${home.path}/attachments/${id}`);

async function download(id: string, token = account.owner.token): Promise<Response> {
  const given = await link(id, token);
  expect(given.status).toBe(200);
  const answer = await fetch(given.body.url);
  expect(answer.status).toBe(200);
  return answer;
}

const bytesOf = async (answer: Response): Promise<Buffer> => Buffer.from(await answer.arrayBuffer());

describe('a file uploaded in the portal', () => {
  test('is put where it was told, attached to a ticket, and downloaded as it was', async () => {
    const content = randomBytes(70_000);
    const id = await upload('Größe & photo.png', content, { contentType: 'image/png' });
    const ticket = await open([id]);
    expect(ticket.status).toBe(201);
    expect(ticket.body.messages[0].attachments).toEqual([
      {
        id: expect.any(String),
        fileName: 'Größe & photo.png',
        contentType: 'image/png',
        size: 70_000,
        held: false,
      },
    ]);
    const [attached] = (await desk.readTicket(account, ticket.body.id)).messages[0].attachments;
    for (const token of [account.owner.token, person.token, staff]) {
      expect((await bytesOf(await download(attached.id, token))).equals(content)).toBe(true);
    }
    const { url } = (await link(attached.id)).body;
    expect(new URL(url).searchParams.get('X-Amz-Expires'), 'five minutes').toBe('300');
    const [mail] = await client.mailsWith(ticket.body.number);
    expect(mail!.text).toContain('Größe & photo.png');
  });

  test('is served as a download under its name, and not as something that a browser runs', async () => {
    const id = await upload('Größe.txt', '<script>alert(1)</script>', { contentType: 'text/plain' });
    const ticket = await open([id]);
    const answer = await download(ticket.body.messages[0].attachments[0].id, staff);
    const disposition = answer.headers.get('content-disposition') ?? '';
    expect(disposition).toMatch(/^attachment/i);
    expect(decodeURIComponent(disposition)).toContain('Größe.txt');
    expect(answer.headers.get('content-type')).not.toMatch(/html|script/);
  });

  test('of 25 MB is kept whole', async () => {
    const content = randomBytes(25 * 1024 * 1024);
    const announced = await announce({
      fileName: 'large.bin',
      contentType: 'application/octet-stream',
      size: content.length,
    });
    expect(announced.status).toBe(201);
    expect((await put(announced, content)).status).toBe(200);
    const ticket = await open([announced.body.id]);
    const answer = await download(ticket.body.messages[0].attachments[0].id);
    expect((await bytesOf(answer)).equals(content)).toBe(true);
  });

  test('is attached to a reply, by a person and by staff', async () => {
    const ticket = await open([]);
    for (const token of [person.token, staff]) {
      const id = await upload('more.txt', 'more!', { token });
      const answer = await desk.replyAs(token, account, ticket.body.id, {
        message: 'More.',
        attachmentIds: [id],
      });
      expect(answer.status).toBe(201);
      expect(answer.body.messages.at(-1).attachments).toMatchObject([
        { fileName: 'more.txt', size: 5, held: false },
      ]);
    }
  });

  test('of a private note is not there for clients', async () => {
    const ticket = await open([]);
    const id = await upload('secret.txt', 'psst!', { token: staff });
    const note = { message: 'See.', private: true, attachmentIds: [id] };
    const noted = await desk.replyAs(staff, account, ticket.body.id, note);
    expect(noted.status).toBe(201);
    const attached = noted.body.messages.at(-1).attachments[0];
    expect((await link(attached.id, staff)).status).toBe(200);
    expect((await link(attached.id)).status).toBe(404);
  });

  test('has 25 MB at most, a name of one line and a media type', async () => {
    const limit = 25 * 1024 * 1024;
    expect((await announce({ size: limit + 1 })).status).toBe(400);
    expect((await announce({ size: 0 })).status).toBe(400);
    expect((await announce({ fileName: 'a\r\nb.txt' })).status).toBe(400);
    expect((await announce({ fileName: '' })).status).toBe(400);
    expect((await announce({ contentType: 'text/plain\r\nX: y' })).status).toBe(400);
    expect((await announce({ size: 25_000_000 })).status).toBe(201);
  });

  test('needs `tickets`', async () => {
    const other = await addSubAccount(client, account, ['invoices']);
    expect(await announce({}, other.token)).toMatchObject({
      status: 403,
      body: { requiredPermission: 'tickets' },
    });
    const ticket = await open([await upload('a.txt', 'Hello')]);
    expect((await link(ticket.body.messages[0].attachments[0].id, other.token)).status).toBe(403);
  });
});

describe('a file that is not there for the asker', () => {
  test('reads as 404 under another account, as one that does not exist', async () => {
    const other = await desk.openAccount();
    const ticket = await open([await upload('a.txt', 'Hello')]);
    const { id } = ticket.body.messages[0].attachments[0];
    expect((await link(id, other.owner.token, other)).status).toBe(404);
    expect((await link(id, other.owner.token)).status).toBe(404);
    expect((await link(id, staff, other)).status).toBe(404);
    expect((await link('att_nothing')).status).toBe(404);
  });

  test('is not attached: another account’s, nobody’s, one that was never uploaded', async () => {
    const other = await desk.openAccount();
    const theirs = await upload('a.txt', 'Hello', { token: other.owner.token, home: other });
    const taken = (await open([theirs], other.owner.token, other)).body.messages[0].attachments[0].id;
    const free = await upload('a.txt', 'Hello', { token: other.owner.token, home: other });
    const never = (await announce({})).body.id;
    const before = (await desk.ticketsOf(account)).length;
    for (const id of [taken, free, 'att_nothing', never]) {
      const refused = await open([id]);
      expect(refused.status, id).toBeGreaterThanOrEqual(400);
      expect(refused.status, id).toBeLessThan(500);
      const replied = await desk.replyAs(account.owner.token, account, (await open([])).body.id, {
        message: 'Hello',
        attachmentIds: [id],
      });
      expect(replied.status, id).toBe(refused.status);
    }
    expect((await desk.ticketsOf(account)).length).toBe(before + 4);
    expect((await open([free], other.owner.token, other)).status).toBe(201);
  });

  test('is not attached where one of several is missing, and then none is taken', async () => {
    const here = await upload('a.txt', 'Hello');
    const never = (await announce({})).body.id;
    expect((await open([here, never])).status).toBeGreaterThanOrEqual(400);
    expect((await open([here])).status).toBe(201);
  });

  test('is not attached twice: named twice, or in a second ticket', async () => {
    const id = await upload('a.txt', 'Hello');
    expect((await open([id, id])).status).toBe(400);
    expect((await open([id])).status).toBe(201);
    const again = await open([id]);
    expect(again.status).toBeGreaterThanOrEqual(400);
    expect(again.status).toBeLessThan(500);
  });

  test('is not attached by two who do so at once', async () => {
    const id = await upload('a.txt', 'Hello');
    const answers = await Promise.all(Array.from({ length: 4 }, () => open([id])));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const { status } of answers) expect([201, 400, 404, 409, 422]).toContain(status);
  });

  test.each([
    ['longer', 'Hello, world'],
    ['shorter', 'Hi'],
  ])('is not attached where it is %s than was said', async (_, content) => {
    const announced = await announce({ size: 5 });
    const stored = await put(announced, content);
    const opened = await open([announced.body.id]);
    if (stored.ok) expect(opened.status).toBeLessThan(500);
    expect(opened.status).toBeGreaterThanOrEqual(400);
  });
});

const dangerous: [string, string][] = [
  ['setup.exe', 'application/x-msdownload'],
  ['SETUP.EXE', 'application/octet-stream'],
  ['invoice.pdf.exe', 'application/pdf'],
  ['macro.js', 'text/javascript'],
  ['run.bat', 'text/plain'],
  ['screen.scr', 'image/png'],
];

describe('a dangerous type', () => {
  test.each(dangerous)('uploaded as %s (%s) is held for staff', async (fileName, contentType) => {
    const ticket = await open([await upload(fileName, 'MZ bad', { contentType })]);
    expect(ticket.status).toBe(201);
    const [attached] = ticket.body.messages[0].attachments;
    expect(attached).toMatchObject({ fileName, held: true });
    const refused = await link(attached.id);
    expect([403, 404, 409]).toContain(refused.status);
    expect(JSON.stringify(refused.body)).not.toMatch(/X-Amz|Signature/);
    expect((await bytesOf(await download(attached.id, staff))).toString()).toBe('MZ bad');
  });

  test.each(dangerous)(
    'mailed as %s (%s) is held for staff, and named in the message',
    async (filename, contentType) => {
      const subject = unique('Held');
      const attachments = [{ filename, contentType, content: 'MZ bad' }];
      await client.sendMail({ from: account.owner.email, subject, text: 'Run it.', attachments });
      const [message] = (await desk.ticketNamed(account, subject)).messages;
      expect(message.attachments).toMatchObject([{ fileName: filename, size: 6, held: true }]);
      expect([403, 404, 409]).toContain((await link(message.attachments[0].id)).status);
      expect((await bytesOf(await download(message.attachments[0].id, staff))).toString()).toBe('MZ bad');
    },
  );
});

describe('the files of a mail', () => {
  test('are there with name, type and size, and are downloaded as they were', async () => {
    const files = [
      { filename: 'report.pdf', contentType: 'application/pdf', content: randomBytes(150_000) },
      { filename: 'Übersicht “neu”.csv', contentType: 'text/csv', content: Buffer.from('a;b\r\n1;2\r\n') },
      { filename: 'empty.txt', contentType: 'text/plain', content: Buffer.alloc(0) },
      { filename: '東京.png', contentType: 'image/png', content: randomBytes(300) },
    ];
    const subject = unique('Files');
    await client.sendMail({ from: account.owner.email, subject, text: 'See the files.', attachments: files });
    const [message] = (await desk.ticketNamed(account, subject)).messages;
    expect(message.body).toBe('See the files.');
    expect(message.attachments).toHaveLength(files.length);
    for (const { filename, contentType, content } of files) {
      const attached = message.attachments.find((one: any) => one.fileName === filename);
      expect(attached).toMatchObject({ contentType, size: content.length, held: false });
      expect((await bytesOf(await download(attached.id, person.token))).equals(content)).toBe(true);
    }
    const [mail] = await client.mailsWith(subject);
    for (const { filename } of files) expect(mail!.text).toContain(filename);
  });

  test('include the pictures in its HTML, and a mail that was passed on', async () => {
    const picture = randomBytes(2000);
    const inner = crlf('From: a@people.test', 'Subject: The inner one', '', 'Inner text.');
    const subject = unique('Inline');
    await client.sendMail({
      from: account.owner.email,
      subject,
      text: 'Look.',
      html: '<p>Look: <img src="cid:pic@people.test" alt="pic"></p>',
      attachments: [
        { filename: 'pic.png', contentType: 'image/png', content: picture, cid: 'pic@people.test' },
        { filename: 'inner.eml', contentType: 'message/rfc822', content: inner },
      ],
    });
    const [message] = (await desk.ticketNamed(account, subject)).messages;
    const inline = message.attachments.find((one: any) => one.contentType === 'image/png');
    expect(inline).toMatchObject({ fileName: 'pic.png', size: 2000, held: false });
    expect((await bytesOf(await download(inline.id))).equals(picture)).toBe(true);
    const passedOn = message.attachments.find((one: any) => one.contentType === 'message/rfc822');
    expect((await bytesOf(await download(passedOn.id))).toString()).toContain('Inner text.');
    expect(message.body).not.toContain('Inner text.');
  });

  test('of a reply are those of that message, for a contact and for a guest', async () => {
    const contact = await addContact(client, account);
    const { ticket, replyTo } = await desk.openTicket(account, { cc: [contact.email] });
    const text = unique('With a file');
    const attachments = [{ filename: 'log.txt', content: 'line 1\nline 2\n' }];
    await client.sendMail({ from: contact.email, to: replyTo, subject: 'Re:', text, attachments });
    const message = await desk.messageIn(account, ticket.id, text);
    expect(message.attachments).toMatchObject([
      { fileName: 'log.txt', contentType: 'text/plain', held: false },
    ]);
    expect((await desk.readTicket(account, ticket.id)).messages[0].attachments).toEqual([]);
  });

  test('without a name get one', async () => {
    const subject = unique('No name');
    const message = crlf(
      `From: ${account.owner.email}`,
      `Subject: ${subject}`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b"',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'See the file.',
      '--b',
      'Content-Type: application/pdf',
      'Content-Disposition: attachment',
      'Content-Transfer-Encoding: base64',
      '',
      'SGVsbG8=',
      '--b--',
      '',
    );
    await sendRaw(client, message, { from: account.owner.email });
    const [read] = (await desk.ticketNamed(account, subject)).messages;
    expect(read.attachments).toMatchObject([
      { fileName: expect.stringMatching(/./), contentType: 'application/pdf', size: 5 },
    ]);
  });

  test('of 20 MB are kept whole', async () => {
    const content = randomBytes(20 * 1024 * 1024);
    const subject = unique('Large');
    await client.sendMail({
      from: account.owner.email,
      subject,
      text: 'It is large.',
      attachments: [{ filename: 'large.bin', contentType: 'application/octet-stream', content }],
    });
    const [message] = (await desk.ticketNamed(account, subject)).messages;
    expect(message.attachments).toMatchObject([{ fileName: 'large.bin', size: content.length, held: false }]);
    const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(hash(await bytesOf(await download(message.attachments[0].id)))).toBe(hash(content));
    expect(await desk.records(subject)).toMatchObject([{ outcome: 'ticket' }]);
  });
});
