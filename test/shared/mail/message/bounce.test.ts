import { describe, expect, test } from 'vitest';
import { bounce, message, multipart, part, read, text } from './fixtures.ts';

const readBounce = async (raw: Buffer) => (await read(raw)).bounce;

describe('a delivery status notification', () => {
  test('tells who cannot be reached, and which message came back', async () => {
    const expected = {
      originalMessageIds: ['<sent@portal.test>'],
      recipients: [{ address: 'gone@client.test', permanent: true, status: '5.1.1' }],
    };
    expect(await readBounce(bounce())).toEqual(expected);
    expect(await readBounce(bounce({ returned: 'text/rfc822-headers' }))).toEqual(expected);
    expect(await readBounce(bounce({ returned: 'message/global' }))).toEqual(expected);
    expect(await readBounce(bounce({ recipient: 'Gone@Client.Test' }))).toEqual(expected);
  });

  test.each([
    ['failed', '5.1.1', true],
    ['failed', '5.0.0 (undefined status)', true],
    ['failed', '4.4.7', false],
    ['delayed', '4.4.1', false],
    ['delayed', '5.4.1', false],
    ['Failed (permanently)', '5.1.1', true],
  ])('of the action %s with status %s is permanent: %s', async (action, status, permanent) => {
    const [recipient] = (await readBounce(bounce({ action, status })))!.recipients;
    expect(recipient).toMatchObject({ permanent, status: status.slice(0, 5) });
  });

  test.each(['delivered', 'relayed', 'expanded'])('that all was %s names nobody', async (action) => {
    expect((await readBounce(bounce({ action, status: '2.0.0' })))?.recipients).toEqual([]);
  });

  test('tells of several recipients, by the address that was written to', async () => {
    const report =
      'Reporting-MTA: dns; mx.client.test\n\n' +
      'Original-Recipient: rfc822;a+2Bb@client.test\nFinal-Recipient: rfc822;other@elsewhere.test\nAction: failed\nStatus: 5.2.2\n\n\n' +
      'Final-Recipient: RFC822; <c@client.test>\nAction: failed\nDiagnostic-Code: smtp; 550-5.7.1 blocked\n\n' +
      'Final-Recipient: rfc822;d@client.test\nAction: delayed\nStatus: 4.0.0\n\n' +
      'Final-Recipient: rfc822;c@client.test\nAction: failed\nStatus: 5.0.0\n';
    const raw = multipart('report; report-type=delivery-status', [
      text('Failed.'),
      part({ 'Content-Type': 'message/delivery-status' }, report),
    ]);
    expect((await readBounce(raw))?.recipients).toEqual([
      { address: 'a+b@client.test', permanent: true, status: '5.2.2' },
      { address: 'c@client.test', permanent: true, status: '5.7.1' },
      { address: 'd@client.test', permanent: false, status: '4.0.0' },
    ]);
  });

  test('in base64, as some write it, is read', async () => {
    const report = 'X: y\n\nFinal-Recipient: rfc822;a@client.test\nAction: failed\nStatus: 5.1.1\n';
    const encoded = Buffer.from(report).toString('base64');
    const headers = { 'Content-Type': 'message/delivery-status', 'Content-Transfer-Encoding': 'base64' };
    const raw = multipart('report; report-type=delivery-status', [text('Failed.'), part(headers, encoded)]);
    expect((await readBounce(raw))?.recipients).toMatchObject([{ address: 'a@client.test' }]);
  });

  test('with a hundred thousand recipients names a hundred', async () => {
    const groups = Array.from(
      { length: 100_000 },
      (_, at) => `Final-Recipient: rfc822;p${at}@x.test\nAction: failed\n`,
    );
    const raw = multipart('report', [
      part({ 'Content-Type': 'message/delivery-status' }, `X: y\n\n${groups.join('\n')}`),
    ]);
    expect((await readBounce(raw))?.recipients).toHaveLength(100);
  });
});

describe('a bounce in words', () => {
  const from = 'MAILER-DAEMON@client.test';

  test('of qmail', async () => {
    const raw = message(
      { From: from, Subject: 'failure notice' },
      'Hi. This is the qmail-send program.\n\n<gone@client.test>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n' +
        '--- Below this line is a copy of the message.\n\nReceived: from x\nMessage-ID: <sent@portal.test>\nFrom: support@portal.test\n',
    );
    expect(await readBounce(raw)).toEqual({
      originalMessageIds: ['<sent@portal.test>'],
      recipients: [{ address: 'gone@client.test', permanent: true, status: '5.1.1' }],
    });
  });

  test('of Exim', async () => {
    const raw = message(
      {
        From: 'Mail Delivery System <x@client.test>',
        'X-Failed-Recipients': 'gone@client.test, full@client.test',
      },
      'This message was created automatically.\n\n  gone@client.test\n    SMTP error: 550 unknown user\n' +
        '  full@client.test\n    mailbox is full: 452 4.2.2 over quota\n\n' +
        '------ This is a copy of the message, including all the headers. ------\n\nMessage-Id: <sent@portal.test>\n',
    );
    expect(await readBounce(raw)).toEqual({
      originalMessageIds: ['<sent@portal.test>'],
      recipients: [
        { address: 'gone@client.test', permanent: true, status: '5.0.0' },
        { address: 'full@client.test', permanent: false, status: '4.2.2' },
      ],
    });
  });

  test('of a server that says it in a sentence', async () => {
    const raw = message({ From: from }, 'User unknown: <gone@client.test>\nUnable to deliver mail.\n');
    expect((await readBounce(raw))?.recipients).toEqual([
      { address: 'gone@client.test', permanent: false, status: '' },
    ]);
  });
});

describe('no bounce is', () => {
  test('a message of a person, with a bounce in it or without', async () => {
    expect(await readBounce(message({}, 'Hello'))).toBeNull();
    const report = part(
      { 'Content-Type': 'message/delivery-status' },
      'X: y\n\nFinal-Recipient: rfc822;a@x.test\nAction: failed\n',
    );
    expect(await readBounce(multipart('mixed', [text('Why did this come back?'), report]))).toBeNull();
    expect(
      await readBounce(message({}, '<gone@client.test>: 550 5.1.1\n\nMessage-ID: <sent@portal.test>\n')),
    ).toBeNull();
  });

  test('an answer of somebody who is away', async () => {
    const raw = message(
      { 'Return-Path': '<>', Subject: 'Away' },
      'I am away. Please write to\nbob@acme.test\n',
    );
    expect(await readBounce(raw)).toBeNull();
  });

  test('a report of spam, or of a message that was read', async () => {
    const feedback = part({ 'Content-Type': 'message/feedback-report' }, 'Feedback-Type: abuse\n');
    const headers = { 'Content-Type': 'multipart/report; report-type=feedback-report; boundary="frontier"' };
    expect(await readBounce(multipart('report', [text('x'), feedback], headers))).toBeNull();
  });
});
