import { beforeEach, describe, expect, test } from 'vitest';
import { settleWaiting } from '../../../shared/inbound-mail/settle.ts';
import {
  attackers,
  email,
  type LoginDesk,
  type Place,
  twoPlaces,
} from '../../functions/logins/login-desk.ts';

let desk: LoginDesk & { newco: Place; mallory: Place };

beforeEach(async () => {
  desk = await twoPlaces();
});

const write = (from: string, subject = 'Ponies') =>
  desk.portal.receive(
    `From: ${from}\nTo: support@portal.test\nSubject: ${subject}\nMessage-ID: <${subject}@x.test>\n\nI sell ponies.\n`,
  );
const mailsTo = (address: string) =>
  desk.portal.mails.filter(({ destinations }) => destinations.includes(address));

describe('the answer to a stranger', () => {
  test('has a subject of its own and nothing of the message, and names the support address', async () => {
    await write('stranger@far.test');
    await desk.portal.deliver();
    const [answer] = mailsTo('stranger@far.test');
    expect(`${answer!.subject} ${answer!.text} ${answer!.html}`).not.toMatch(/ponies/i);
    expect(answer!.text).toContain('support@portal.test');
    expect(answer!.text).not.toContain('http');
  });

  test('is not sent where the message asks for none', async () => {
    const raw =
      'From: stranger@far.test\nTo: support@portal.test\nSubject: Hello\nX-Auto-Response-Suppress: All';
    expect(await desk.portal.receive(`${raw}\n\nHello.\n`)).toMatchObject({ outcome: 'ignored' });
    await desk.portal.deliver();
    expect(mailsTo('stranger@far.test')).toEqual([]);
  });

  test('goes to whoever writes from another spelling of a known address: that is somebody else', async () => {
    const gmail = await desk.portal.createAccount('Gmail', 'jane.doe@gmail.com');
    for (const [nth, from] of ['janedoe@gmail.com', 'jane.doe+x@gmail.com'].entries()) {
      expect(await write(from, `Ponies ${nth}`)).not.toHaveProperty('ticketId');
    }
    const path = `/v1/accounts/${gmail.accountId}/tickets`;
    expect((await desk.portal.call('stan', 'GET', path)).body.items).toEqual([]);
    expect(await write('Jane.Doe@gmail.com', 'Mine')).toMatchObject({ outcome: 'ticket' });
  });

  test('says where to sign up where the provider says so', async () => {
    const body = { 'portal.signUpUrl': 'https://provider.test/join' };
    expect((await desk.portal.call('stan', 'PUT', '/v1/staff/settings', { body })).status).toBe(200);
    await write('stranger@far.test');
    await desk.portal.deliver();
    expect(mailsTo('stranger@far.test')[0]!.text).toContain('https://provider.test/join');
    const bad = { body: { 'portal.signUpUrl': 'javascript:alert(1)' } };
    expect((await desk.portal.call('stan', 'PUT', '/v1/staff/settings', bad)).status).toBe(400);
  });
});

test('whose address is shown by a press has no login any more that somebody else holds', async () => {
  const { portal, mallory, activate } = desk;
  const { userId } = await activate(mallory, email, attackers);
  const makers = portal.now;
  portal.advance(60);
  expect(portal.directory.signIn(email, attackers)).toBe(userId);
  expect((await write(email)).outcome).toBe('quarantined');
  await portal.deliver();
  const token = /\/v1\/mail\/([\w.-]+)/.exec(mailsTo(email).at(-1)!.text!)![1]!;
  const body = { answer: 'yes' };
  expect((await portal.call('', 'POST', `/v1/mail/${token}`, { body, public: true })).status).toBe(200);
  await portal.deliver();
  expect(portal.directory.signIn(email, attackers)).toBeNull();
  await expect(portal.authorizer(userId, makers)).rejects.toThrow('invalid-token');
});

test('staff who handle a first mail anew do not speak for its sender: it waits for their own word', async () => {
  const { portal, mallory, contactsOf } = desk;
  const body = { name: 'Somebody', email };
  await portal.call(mallory.ownerId, 'POST', contactsOf(mallory), { body });
  const { id } = await write(email);
  const again = await portal.call('stan', 'POST', `/v1/staff/quarantine/${id}/replay`);
  expect(again.body.outcome).toBe('quarantined');
  const tickets = await portal.call(mallory.ownerId, 'GET', `/v1/accounts/${mallory.accountId}/tickets`);
  expect(tickets.body.items).toEqual([]);
});

test('a yes to a message that is not believed makes it a ticket, and brings nobody of its CC in', async () => {
  const { portal, newco } = desk;
  const record = await portal.receive(
    'From: owner@newco.test\nTo: support@portal.test\nCc: spy@evil.test\nSubject: Ponies\n' +
      `Date: ${portal.now.toUTCString().replace('GMT', '+0000')}\nMessage-ID: <cc@x.test>\n\nPlease copy my friend.\n`,
    { spf: 'FAIL', dkim: 'FAIL', dmarc: 'FAIL' },
    { from: 'x@evil.test' },
  );
  expect(record.outcome).toBe('quarantined');
  await portal.deliver();
  const token = /\/v1\/mail\/([\w.-]+)/.exec(mailsTo('owner@newco.test').at(-1)!.text!)![1]!;
  const body = { answer: 'yes' };
  expect((await portal.call('', 'POST', `/v1/mail/${token}`, { body, public: true })).status).toBe(200);
  const tickets = await portal.call(newco.ownerId, 'GET', `/v1/accounts/${newco.accountId}/tickets`);
  expect(tickets.body.items).toMatchObject([{ subject: 'Ponies', cc: [] }]);
});

test('one message that cannot be gone through keeps no other back, and the job says so', async () => {
  const { portal, mallory, contactsOf } = desk;
  for (const address of ['one@far.test', 'two@far.test']) {
    const body = { name: 'Somebody', email: address };
    await portal.call(mallory.ownerId, 'POST', contactsOf(mallory), { body });
    await write(address, address.slice(0, 3));
  }
  portal.advance(4 * 24 * 3600);
  const inbound = portal.inbound();
  let reads = 0;
  const readObject = async (key: string) => {
    reads += 1;
    if (reads === 1) throw new Error('away');
    return inbound.readObject(key);
  };
  await expect(settleWaiting({ ...inbound, readObject })).rejects.toThrow('away');
  const waiting = await portal.call('stan', 'GET', '/v1/staff/quarantine');
  expect(waiting.body.items).toHaveLength(1);
  await settleWaiting(inbound);
  expect((await portal.call('stan', 'GET', '/v1/staff/quarantine')).body.items).toEqual([]);
});
