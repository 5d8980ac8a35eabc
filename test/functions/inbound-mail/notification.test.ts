import { expect, test } from 'vitest';
import { readNotification } from '../../../functions/inbound-mail/notification.ts';

/** As SES publishes it for a message that failed DMARC, with what we read and some of what we don't. */
const notification = {
  notificationType: 'Received',
  mail: {
    source: 'jane@acme.test',
    messageId: 'o3vrnil0e2ic28tr',
    destination: ['support@portal.test'],
    headers: [],
  },
  receipt: {
    recipients: ['support@portal.test'],
    spamVerdict: { status: 'PASS' },
    virusVerdict: { status: 'PASS' },
    spfVerdict: { status: 'GRAY' },
    dkimVerdict: { status: 'PASS' },
    dmarcVerdict: { status: 'FAIL' },
    action: { type: 'S3', objectKey: 'in/o3vrnil0e2ic28tr' },
    dmarcPolicy: 'reject',
  },
};
const read = (receipt: object) =>
  readNotification(JSON.stringify({ ...notification, receipt: { ...notification.receipt, ...receipt } }));

test('a notification tells where the message is, how it was addressed and what was checked', () => {
  expect(read({})).toEqual({
    objectKey: 'in/o3vrnil0e2ic28tr',
    messageId: 'o3vrnil0e2ic28tr',
    envelopeFrom: 'jane@acme.test',
    recipients: ['support@portal.test'],
    verdicts: { spf: 'GRAY', dkim: 'PASS', dmarc: 'FAIL', spam: 'PASS', virus: 'PASS' },
    dmarcPolicy: 'reject',
  });
});

test('a verdict that is missing stays missing, and one of another word stays that word', () => {
  const { verdicts, ...rest } = read({
    spfVerdict: undefined,
    virusVerdict: { status: 'DISABLED' },
    dmarcPolicy: undefined,
  });
  expect(verdicts).toEqual({ dkim: 'PASS', dmarc: 'FAIL', spam: 'PASS', virus: 'DISABLED' });
  expect(rest).not.toHaveProperty('dmarcPolicy');
});

test('anything else than a notification of a stored message is a bug', () => {
  for (const body of ['', '{}', 'null', JSON.stringify({ ...notification, mail: {} })])
    expect(() => readNotification(body)).toThrow();
});
