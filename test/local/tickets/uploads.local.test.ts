import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import { type Account, addSubAccount, openAccount, staffEmail, type SubAccount } from '../people.ts';
import { ticketCalls } from './ticket-calls.ts';

const client = new PortalClient(inject('portal'));

let account: Account;
let person: SubAccount;
let staff: string;
const calls = ticketCalls(client, () => ({ account, staff }));

beforeAll(async () => {
  account = await openAccount(client);
  person = await addSubAccount(client, account, ['tickets']);
  staff = await client.token(staffEmail);
});

const program = Buffer.concat([Buffer.from('MZ\x90\0', 'latin1'), Buffer.alloc(100)]);

const announce = (size: number, token: string): Promise<Answered> =>
  client.call(token, 'POST', `${account.path}/attachments`, {
    fileName: 'notes.txt',
    contentType: 'text/plain',
    size,
  });

/** Puts a file as a browser does, which says the length by itself. */
function put(announced: Answered, content: Buffer, without?: string): Promise<Response> {
  const { method, url, headers } = announced.body.upload;
  const sent = Object.entries(headers as Record<string, string>).filter(
    ([name]) => name !== 'content-length' && name !== without,
  );
  return fetch(url, { method, headers: Object.fromEntries(sent), body: new Uint8Array(content) });
}

async function uploaded(content: Buffer, token = account.owner.token): Promise<Answered> {
  const announced = await announce(content.length, token);
  expect((await put(announced, content)).status).toBe(200);
  return announced;
}

const link = (id: string, token: string): Promise<Answered> =>
  client.call(token, 'GET', `${account.path}/attachments/${id}`);
const given = async (id: string, token: string): Promise<Buffer> => {
  const { url } = (await link(id, token)).body;
  return Buffer.from(await (await fetch(url)).arrayBuffer());
};

describe('an upload', () => {
  test('that is a program under the name of a text is held for staff', async () => {
    const { id } = (await uploaded(program)).body;
    const ticket = await calls.open({ attachmentIds: [id] });
    expect(ticket.messages[0].attachments).toMatchObject([{ id, fileName: 'notes.txt', held: true }]);
    expect((await link(id, account.owner.token)).status).toBe(403);
    expect((await given(id, staff)).equals(program)).toBe(true);
  });

  test('is put once: its link does not work again, before or after a ticket has the file', async () => {
    const announced = await announce(5, account.owner.token);
    expect((await put(announced, Buffer.from('Hello'), 'if-none-match')).status).toBe(403);
    expect((await put(announced, Buffer.from('Hello'))).status).toBe(200);
    expect((await put(announced, Buffer.from('Other'))).status).toBe(412);
    const { id } = announced.body;
    await calls.open({ attachmentIds: [id] });
    expect((await put(announced, Buffer.from('Other'))).status).toBe(412);
    const { url } = (await link(id, person.token)).body;
    expect(new URL(url).searchParams.get('versionId')).toMatch(/./);
    expect((await given(id, person.token)).toString()).toBe('Hello');
  });

  test('is there for its uploader alone until a message has it', async () => {
    const { id } = (await uploaded(Buffer.from('Hello'), person.token)).body;
    expect((await given(id, person.token)).toString()).toBe('Hello');
    for (const token of [account.owner.token, staff]) {
      expect((await link(id, token)).status).toBe(404);
      const body = { subject: 'Not mine', message: 'See it.', attachmentIds: [id] };
      expect((await client.call(token, 'POST', `${account.path}/tickets`, body)).status).toBe(400);
    }
    await calls.open({ attachmentIds: [id] }, person.token);
    for (const token of [account.owner.token, staff]) expect((await link(id, token)).status).toBe(200);
  });
});
