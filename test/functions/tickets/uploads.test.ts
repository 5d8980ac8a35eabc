import { beforeEach, describe, expect, test } from 'vitest';
import { type Attachment, objectKeyOf } from '../../../shared/tickets/attachment.ts';
import { attachmentStore } from '../../../shared/tickets/attachment-store.ts';
import { removeUpload } from '../../../shared/tickets/remove-upload.ts';
import { versionOf } from '../../support/memory/memory-files.ts';
import { type Called, MemoryPortal } from '../../support/memory/memory-portal.ts';

let portal: MemoryPortal;
let owner: string;
/** Another person of the account with `tickets`. */
let pia: string;
let base: string;

const day = 24 * 60 * 60;
const program = `MZ\x90\0${'\0'.repeat(100)}`;

beforeEach(async () => {
  portal = new MemoryPortal();
  const acme = await portal.createAccount('Acme', 'owner@acme.test');
  owner = acme.ownerId;
  base = `/v1/accounts/${acme.accountId}`;
  ({ userId: pia } = await portal.createSubAccount(owner, acme.accountId, 'pia@acme.test', ['tickets']));
});

const call = (userId: string, method: string, path: string, body?: object): Promise<Called> =>
  portal.call(userId, method, `${base}${path}`, body ? { body } : {});
const bytes = (content: string) => new Uint8Array(Buffer.from(content, 'latin1'));
const putContent = (id: string, content: string) => portal.files.put(objectKeyOf(id), bytes(content));
const row = (id: string) => attachmentStore(portal.table).get(id);

async function announced(by = owner, size = 5, fileName = 'notes.txt'): Promise<string> {
  const made = await call(by, 'POST', '/attachments', { fileName, contentType: 'text/plain', size });
  expect(made.status).toBe(201);
  return made.body.id;
}

async function uploaded(content = 'Hello', by = owner, fileName?: string): Promise<string> {
  const id = await announced(by, content.length, fileName);
  await putContent(id, content);
  return id;
}

const open = (id: string, by = owner, more: object = {}) =>
  call(by, 'POST', '/tickets', { subject: 'A file', message: 'See it.', attachmentIds: [id], ...more });
const link = (id: string, by = owner) => call(by, 'GET', `/attachments/${id}`);

const notThere = { status: 404 };
const forStaff = { status: 403, body: { type: expect.stringMatching(/staff-only$/) } };
const refused = (code: string) => ({
  status: 400,
  body: { errors: [{ path: 'attachmentIds.0', code }] },
});

describe('what is uploaded under a harmless name', () => {
  test.each([
    ['a program', program],
    ['a script', '#!/bin/sh\nrm -rf /'],
    ['a page', '<html><script>alert(1)</script>'],
  ])('but is %s is kept back for staff, and the message says so', async (_, content) => {
    const id = await uploaded(content);
    const opened = await open(id);
    const held = { id, fileName: 'notes.txt', held: true };
    expect(opened).toMatchObject({ status: 201, body: { messages: [{ attachments: [held] }] } });
    expect(await link(id)).toMatchObject(forStaff);
    expect(await link(id, pia)).toMatchObject(forStaff);
    expect(await link(id, 'stan')).toMatchObject({ status: 200 });
    await portal.deliver();
    expect(portal.mails.at(-1)!.text).toContain('notes.txt (kept back)');
  });

  test('is kept back in a reply too', async () => {
    const { body: ticket } = await call(owner, 'POST', '/tickets', { subject: 'A', message: 'B' });
    const id = await uploaded(program);
    const reply = { message: 'See it.', attachmentIds: [id] };
    const replied = await call(owner, 'POST', `/tickets/${ticket.id}/replies`, reply);
    expect(replied.body.messages.at(-1).attachments).toMatchObject([{ id, held: true }]);
    expect(await link(id)).toMatchObject(forStaff);
  });

  test('and is so is given to everybody who reads the message', async () => {
    const id = await uploaded();
    expect((await open(id)).body.messages[0].attachments).toMatchObject([{ id, held: false }]);
    for (const reader of [owner, pia, 'stan']) expect(await link(id, reader)).toMatchObject({ status: 200 });
  });

  test('is taken by one message alone', async () => {
    const id = await uploaded();
    await open(id);
    expect(await open(id)).toMatchObject(refused('not-allowed'));
  });

  test('stays kept back where its name alone is dangerous', async () => {
    const id = await uploaded('Hello', owner, 'setup.exe');
    expect((await open(id)).body.messages[0].attachments).toMatchObject([{ id, held: true }]);
  });

  test('is not given to its uploader either, before any message', async () => {
    expect(await link(await uploaded(program))).toMatchObject(forStaff);
    expect(await link(await uploaded(program, 'stan'), 'stan')).toMatchObject({ status: 200 });
  });
});

describe('what was looked at', () => {
  test('is what is given out, whatever is put in its place later', async () => {
    const id = await uploaded('Hello');
    await open(id);
    const seen = versionOf(bytes('Hello'));
    expect(await row(id)).toMatchObject({ held: false, ...seen });
    await putContent(id, program);
    for (const reader of [owner, 'stan']) {
      const { url } = (await link(id, reader)).body;
      expect(new URL(url).searchParams.get('versionId')).toBe(seen.versionId);
    }
  });

  test('of a mail is kept the same way', async () => {
    const content = Buffer.from('Hello').toString('base64');
    const parts = [
      'From: owner@acme.test',
      'To: support@portal.test',
      'Subject: By mail',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b"',
      '',
      '--b',
      'Content-Type: text/plain; name="notes.txt"',
      'Content-Disposition: attachment; filename="notes.txt"',
      'Content-Transfer-Encoding: base64',
      '',
      content,
      '--b--',
      '',
    ];
    const { ticketId } = await portal.receive(parts.join('\n'));
    const { body } = await call(owner, 'GET', `/tickets/${ticketId}`);
    const [{ id }] = body.messages[0].attachments;
    expect(await row(id)).toMatchObject(versionOf(bytes('Hello')));
    expect((await link(id)).body.url).toContain(`versionId=${versionOf(bytes('Hello')).versionId}`);
  });

  test('by an older release is given out as it is now', async () => {
    const id = await uploaded();
    await open(id);
    const { versionId: _, checksum: __, ...before } = (await row(id)) as Attachment;
    const key = { pk: `ATTACHMENT#${id}`, sk: 'ATTACHMENT' };
    await portal.table.transact([{ put: { ...before, bound: 1, ...key } }]);
    expect((await link(id)).body.url).toMatch(/\?download$/);
  });

  test.each([
    ['nothing', undefined],
    ['another length', 'Hello!'],
    ['a shorter one', 'Hell'],
  ])('being %s, no message is made with it', async (_, content) => {
    const id = await announced();
    if (content !== undefined) await putContent(id, content);
    expect(await open(id)).toMatchObject(refused('not-allowed'));
    expect(await link(id)).toMatchObject(notThere);
    await putContent(id, 'Hello');
    expect(await open(id)).toMatchObject({ status: 201 });
  });
});

test('an upload’s link names all headers that it signs, and puts a file where there is none', async () => {
  const made = await call(owner, 'POST', '/attachments', {
    fileName: 'a.txt',
    contentType: 'text/plain',
    size: 5,
  });
  expect(made.body.upload.headers).toEqual({
    'content-type': 'text/plain',
    'content-length': '5',
    'if-none-match': '*',
  });
});

describe('before a message refers to it, an upload', () => {
  test('is there for its uploader alone', async () => {
    const id = await uploaded('Hello', pia);
    expect(await link(id, pia)).toMatchObject({ status: 200 });
    for (const other of [owner, 'stan']) {
      expect(await link(id, other)).toMatchObject(notThere);
      expect(await open(id, other)).toMatchObject(refused('not-found'));
    }
    expect(await open(id, pia)).toMatchObject({ status: 201 });
    expect(await link(id)).toMatchObject({ status: 200 });
  });

  test('of staff is theirs alone too', async () => {
    portal.addStaff('sue');
    const id = await uploaded('Hello', 'stan');
    expect(await link(id, 'stan')).toMatchObject({ status: 200 });
    for (const other of [owner, 'sue']) expect(await link(id, other)).toMatchObject(notThere);
  });

  test('is not there in another account, nor attached there', async () => {
    const globex = await portal.createAccount('Globex', 'owner@globex.test');
    const id = await uploaded('Hello', 'stan');
    base = `/v1/accounts/${globex.accountId}`;
    expect(await link(id, 'stan')).toMatchObject(notThere);
    expect(await open(id, 'stan')).toMatchObject(refused('not-found'));
  });
});

describe('a file of a private note', () => {
  test('is there for staff alone', async () => {
    const { body: ticket } = await call(owner, 'POST', '/tickets', { subject: 'A', message: 'B' });
    const id = await uploaded('Hello', 'stan');
    const note = { message: 'See it.', private: true, attachmentIds: [id] };
    await call('stan', 'POST', `/tickets/${ticket.id}/replies`, note);
    expect(await link(id, 'stan')).toMatchObject({ status: 200 });
    for (const other of [owner, pia]) expect(await link(id, other)).toMatchObject(notThere);
  });
});

describe('an upload that no message refers to', () => {
  test('goes after a day: the file and what is known of it', async () => {
    const id = await uploaded();
    await portal.deliver();
    portal.advance(day - 61);
    await portal.sweep();
    expect(await link(id)).toMatchObject({ status: 200 });
    portal.advance(62);
    await portal.sweep();
    expect(portal.files.objects.has(objectKeyOf(id))).toBe(false);
    expect(await row(id)).toBeUndefined();
    await portal.sweep();
  });

  test('is not there after a day, however late it is removed', async () => {
    const id = await uploaded();
    portal.advance(day);
    expect(await link(id)).toMatchObject(notThere);
    expect(await open(id)).toMatchObject(refused('not-found'));
  });

  test('goes where nothing was uploaded, too', async () => {
    const id = await announced();
    portal.advance(day + 61);
    await portal.sweep();
    expect(await row(id)).toBeUndefined();
  });

  test('is removed once more where that failed half way, and no message takes it meanwhile', async () => {
    const id = await uploaded();
    const { remove } = portal.files;
    portal.files.remove = () => Promise.reject(new Error('S3 is down'));
    portal.advance(day + 61);
    await portal.sweep();
    portal.files.remove = remove;
    portal.advance(-60 * 60);
    expect(await open(id)).toMatchObject(refused('not-found'));
    portal.advance(2 * 60 * 60);
    await portal.sweep();
    expect(portal.files.objects.has(objectKeyOf(id))).toBe(false);
    expect(await row(id)).toBeUndefined();
  });
});

describe('a file of a message', () => {
  test('stays, however often removal comes by', async () => {
    const id = await uploaded();
    await open(id);
    portal.advance(day + 61);
    await portal.sweep();
    await portal.sweep();
    expect(portal.files.objects.has(objectKeyOf(id))).toBe(true);
    expect(await link(id)).toMatchObject({ status: 200 });
  });

  test('stays where the message comes at the moment of the removal', async () => {
    const id = await uploaded();
    portal.advance(day + 61);
    // Removal has read the row; the message of a request that began in time lands first.
    const { transact } = portal.table;
    let message = 0;
    portal.table.transact = async (actions) => {
      portal.table.transact = transact;
      const key = { pk: `ATTACHMENT#${id}`, sk: 'ATTACHMENT' };
      message++;
      await transact.call(portal.table, [{ update: key, set: { bound: 1, ticketId: 'tkt_1' } }]);
      return transact.call(portal.table, actions);
    };
    await expect(removeUpload(portal.outbox(), id, portal.now)).rejects.toThrow();
    expect(message).toBe(1);
    expect(portal.files.objects.has(objectKeyOf(id))).toBe(true);
    expect(await removeUpload(portal.outbox(), id, portal.now)).toEqual({ kind: 'done', rows: [] });
  });
});
