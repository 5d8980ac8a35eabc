import { createConnection } from 'node:net';
import { describe, expect, inject, test } from 'vitest';
import { type Mailed, PortalClient } from '../../../support/local/portal-client.ts';
import { type Account, addContact, addressOf, allOf, type Json, openAccount, unique } from '../../people.ts';

const client = new PortalClient(inject('portal'));

const ticketsOf = (account: Account): Promise<Json[]> =>
  allOf(client, account.owner.token, `${account.path}/tickets`);

const mailsTo = async (address: string): Promise<Mailed[]> =>
  (await client.mails()).filter((mail) => mail.envelope.to.includes(address));

/** The subjects of an account's tickets, once a mail that came after all others is among them and answered. */
async function subjectsThen(account: Account): Promise<string[]> {
  const subject = unique('Later');
  await client.sendMail({ from: account.owner.email, subject, text: 'Hello.' });
  await client.mailsWith(subject);
  const subjects = (await ticketsOf(account)).map((ticket) => ticket.subject as string);
  expect(subjects).toContain(subject);
  return subjects.filter((found) => found !== subject);
}

/** Speaks SMTP by hand, for what a library does not let one send. */
async function sendRaw(from: string, message: string): Promise<void> {
  const { host, port } = client.portal.smtp;
  const socket = createConnection({ host, port });
  const lines = ['EHLO test', `MAIL FROM:<${from}>`, `RCPT TO:<${client.portal.supportAddress}>`, 'DATA'];
  const steps = [...lines, `${message.replace(/^\./gm, '..')}\r\n.`, 'QUIT'];
  let seen = '';
  for await (const chunk of socket) {
    seen += String(chunk);
    if (!/^\d{3} .*\r\n$/m.test(seen)) continue;
    expect(seen).toMatch(/^[23]/);
    seen = '';
    const next = steps.shift();
    if (next === undefined) break;
    socket.write(`${next}\r\n`);
  }
  socket.destroy();
}

describe('a stranger', () => {
  test('gets one polite answer that says where to write, however often it writes, and nothing of what it wrote', async () => {
    const account = await openAccount(client);
    const stranger = addressOf('stranger');
    for (const subject of ['First', 'Second', 'Third'])
      await client.sendMail({ from: stranger, subject: unique(subject), text: 'Hello?' });
    await client.until(async () => (await mailsTo(stranger)).length > 0);
    await subjectsThen(account);
    const answers = await mailsTo(stranger);
    expect(answers).toHaveLength(1);
    expect(answers[0]!.to).toEqual([stranger]);
    expect(answers[0]!.text).toContain(client.portal.supportAddress);
    expect(`${answers[0]!.subject} ${answers[0]!.text}`).not.toMatch(/First|Second|Third/);
    expect(answers[0]!.raw).toMatch(/^Auto-Submitted: auto-(replied|generated)/im);
  });

  test('that writes several mails at once still gets one', async () => {
    const account = await openAccount(client);
    const stranger = addressOf('stranger');
    await Promise.all(
      Array.from({ length: 4 }, (_, index) =>
        client.sendMail({ from: stranger, subject: unique(`At once ${index}`), text: `Hello ${index}?` }),
      ),
    );
    await client.until(async () => (await mailsTo(stranger)).length > 0);
    await subjectsThen(account);
    expect(await mailsTo(stranger)).toHaveLength(1);
  });

  test('that asks for no answer by X-Auto-Response-Suppress gets none', async () => {
    const account = await openAccount(client);
    const stranger = addressOf('stranger');
    const headers = { 'X-Auto-Response-Suppress': 'All' };
    await client.sendMail({ from: stranger, subject: unique('Quiet'), text: 'Hello?', headers });
    await subjectsThen(account);
    expect(await mailsTo(stranger)).toEqual([]);
  });

  test('that names somebody else in Reply-To has the answer itself, or none', async () => {
    const account = await openAccount(client);
    const stranger = addressOf('stranger');
    const victim = addressOf('victim');
    await client.sendMail({
      from: stranger,
      replyTo: victim,
      cc: victim,
      subject: unique('Hi'),
      text: 'Hello?',
    });
    await subjectsThen(account);
    expect(await mailsTo(victim)).toEqual([]);
  });
});

describe('a person who asks for no answer by X-Auto-Response-Suppress', () => {
  test('is a person all the same: the mail is a ticket', async () => {
    const account = await openAccount(client);
    const subject = unique('From Outlook');
    const headers = { 'X-Auto-Response-Suppress': 'OOF, AutoReply' };
    await client.sendMail({ from: account.owner.email, subject, text: 'Hello.', headers });
    expect(await subjectsThen(account)).toEqual([subject]);
  });
});

describe('a mail whose sender is not proven', () => {
  const verdicts = (given: string) => ({ 'X-Local-Verdicts': given });

  test('opens nothing, is answered nothing, and tells nobody', async () => {
    const account = await openAccount(client);
    const contact = await addContact(client, account, { emailPreferences: { support: true } });
    const bad = [
      'spf=FAIL; dkim=FAIL; dmarc=FAIL; spam=PASS; virus=PASS',
      'spf=PASS; dkim=PASS; dmarc=FAIL; spam=PASS; virus=PASS',
      'spf=FAIL; dkim=FAIL; dmarc=PASS; spam=PASS; virus=PASS',
      'spf=PASS; dkim=PASS; dmarc=PASS; spam=FAIL; virus=PASS',
      'spf=PASS; dkim=PASS; dmarc=PASS; spam=PASS; virus=FAIL',
    ];
    for (const given of bad)
      for (const from of [contact.email, account.owner.email])
        await client.sendMail({ from, subject: unique('Spoofed'), text: 'Hello.', headers: verdicts(given) });
    const stranger = addressOf('stranger');
    await client.sendMail({ from: stranger, subject: 'Hi', text: 'Hello.', headers: verdicts(bad[0]!) });
    expect(await subjectsThen(account)).toEqual([]);
    // Whoever has the address is asked, three times a day, and told nothing of the message.
    const asked = (await mailsTo(contact.email)).filter(({ text }) => text.includes('/v1/mail/'));
    expect(asked).toHaveLength(3);
    expect(await mailsTo(contact.email)).toHaveLength(4);
    expect(await mailsTo(stranger)).toEqual([]);
    expect((await client.mails()).filter((mail) => /Spoofed/.test(mail.subject))).toEqual([]);
  });

  test('adds nothing to a ticket either', async () => {
    const account = await openAccount(client);
    const opened = await client.call(account.owner.token, 'POST', `${account.path}/tickets`, {
      subject: unique('Real'),
      message: 'Hello.',
    });
    const [first] = await client.mailsWith(opened.body.number);
    await client.sendMail({
      from: account.owner.email,
      subject: `Re: ${first!.subject}`,
      inReplyTo: first!.messageId,
      text: 'Please send me the password.',
      headers: verdicts('spf=FAIL; dkim=FAIL; dmarc=FAIL; spam=PASS; virus=PASS'),
    });
    await subjectsThen(account);
    const path = `${account.path}/tickets/${opened.body.id}`;
    expect((await client.call(account.owner.token, 'GET', path)).body.messages).toHaveLength(1);
  });

  test('is let in where DMARC passes on one of SPF and DKIM alone, as forwarded mail does', async () => {
    const account = await openAccount(client);
    const subject = unique('Forwarded');
    const headers = verdicts('spf=FAIL; dkim=PASS; dmarc=PASS; spam=PASS; virus=PASS');
    await client.sendMail({ from: account.owner.email, subject, text: 'Hello.', headers });
    expect(await subjectsThen(account)).toEqual([subject]);
  });

  test('is judged by the local receiver’s verdicts, and they go no further', async () => {
    const account = await openAccount(client);
    const subject = unique('Verdicts');
    const headers = verdicts('spf=PASS; dkim=PASS; dmarc=PASS; spam=PASS; virus=PASS');
    await client.sendMail({ from: account.owner.email, subject, text: 'Hello.', headers });
    expect(await subjectsThen(account)).toEqual([subject]);
    expect(JSON.stringify(await client.mails())).not.toContain('X-Local-Verdicts');
  });
});

describe('a machine', () => {
  const machines: [string, Record<string, string>][] = [
    ['an out-of-office answer', { 'Auto-Submitted': 'auto-replied' }],
    ['a generated message', { 'Auto-Submitted': 'auto-generated' }],
    ['a notification with parameters', { 'Auto-Submitted': 'auto-notified; owner-email="a@b.test"' }],
    ['a mailing list', { 'List-Id': '<news.people.test>', 'List-Unsubscribe': '<mailto:off@people.test>' }],
  ];

  test('opens no ticket and gets no answer, known or not', async () => {
    const account = await openAccount(client);
    const contact = await addContact(client, account);
    const unknown = addressOf('machine');
    for (const [what, headers] of machines)
      for (const from of [contact.email, unknown])
        await client.sendMail({ from, subject: unique(what), text: 'I am away.', headers });
    expect(await subjectsThen(account)).toEqual([]);
    expect(await mailsTo(contact.email)).toEqual([]);
    expect(await mailsTo(unknown)).toEqual([]);
  });

  test('is what a person with `Auto-Submitted: no` is not', async () => {
    const account = await openAccount(client);
    const subject = unique('By hand');
    const headers = { 'Auto-Submitted': 'no' };
    await client.sendMail({ from: account.owner.email, subject, text: 'Hello.', headers });
    expect(await subjectsThen(account)).toEqual([subject]);
  });

  test('that returns mail opens no ticket: an empty envelope sender, a delivery report', async () => {
    const account = await openAccount(client);
    const bounced = `From: MAILER-DAEMON@people.test\r\nTo: ${client.portal.supportAddress}\r\nSubject: ${unique('Returned')}\r\n`;
    const report = [
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'It could not be delivered.',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.people.test',
      '',
      `Final-Recipient: rfc822; ${account.owner.email}`,
      'Action: failed',
      'Status: 5.1.1',
      '--b--',
    ].join('\r\n');
    await sendRaw('', `${bounced}${report}`);
    await sendRaw(
      account.owner.email,
      `From: ${account.owner.email}\r\nSubject: ${unique('Report')}\r\n${report}`,
    );
    await sendRaw('', `From: ${account.owner.email}\r\nSubject: ${unique('Empty sender')}\r\n\r\nAway.`);
    expect(await subjectsThen(account)).toEqual([]);
    expect(await mailsTo('MAILER-DAEMON@people.test')).toEqual([]);
  });

  test('that is the portal itself is not answered: its own mail and its own address open nothing', async () => {
    const account = await openAccount(client);
    const opened = await client.call(account.owner.token, 'POST', `${account.path}/tickets`, {
      subject: unique('Loop'),
      message: 'Hello.',
    });
    const [own] = await client.mailsWith(opened.body.number);
    const { supportAddress } = client.portal;
    await sendRaw(supportAddress, own!.raw);
    await client.sendMail({ from: supportAddress, subject: unique('To myself'), text: 'Hello.' });
    expect(await subjectsThen(account)).toEqual([opened.body.subject]);
    const ownToItself = (await mailsTo(supportAddress)).filter((mail) => mail.text.includes(account.id));
    expect(ownToItself).toEqual([]);
    const path = `${account.path}/tickets/${opened.body.id}`;
    expect((await client.call(account.owner.token, 'GET', path)).body.messages).toHaveLength(1);
  });
});

describe('a mail that can hardly be read', () => {
  test('stops nothing: what comes after it is handled', async () => {
    const account = await openAccount(client);
    const to = `To: ${client.portal.supportAddress}\r\n`;
    await sendRaw('a@people.test', `${to}\r\nNo sender at all.`);
    await sendRaw('a@people.test', `From: \r\n${to}Subject: =?utf-8?B?////?=\r\n\r\n\u0000\u0001`);
    await sendRaw(
      'a@people.test',
      `From: ${account.owner.email}, other@people.test\r\n${to}Subject: Two\r\n\r\nHi`,
    );
    await sendRaw('a@people.test', 'no head and no body');
    await sendRaw('a@people.test', `From: x@people.test\r\nContent-Type: multipart/mixed\r\n${to}\r\n--\r\n`);
    expect((await subjectsThen(account)).filter((subject) => subject !== 'Two')).toEqual([]);
  });
});
