import { describe, expect, inject, test } from 'vitest';
import { MailDesk, verdicts } from '../../../support/desks/mail-desk.ts';
import { PortalClient } from '../../../support/local/portal-client.ts';
import { unique } from '../../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

/** What became of a mail of the owner's, or of one that only says so. */
async function becomes(given: string, envelope?: string, own: Record<string, string> = {}): Promise<any> {
  const account = await desk.openAccount();
  const subject = unique('Believed');
  const headers = { ...own, ...verdicts(given) };
  const sent = { from: account.owner.email, subject, text: 'Hello.', headers };
  const to = client.portal.supportAddress;
  await client.sendMail({ ...sent, ...(envelope === undefined ? {} : { envelope: { from: envelope, to } }) });
  return desk.record(subject);
}

describe('a mail by SMTP is believed', () => {
  test.each([
    ['where DMARC passes', 'dmarc=PASS', 'bounce@mailing.test'],
    ['by its signature where the domain publishes nothing', 'spf=FAIL; dmarc=GRAY', 'bounce@mailing.test'],
    ['by SPF for its own envelope where the domain publishes nothing', 'dkim=GRAY; dmarc=GRAY', undefined],
  ])('%s', async (_, given, envelope) => {
    expect(await becomes(given, envelope)).toMatchObject({ outcome: 'ticket' });
  });
});

describe('a mail by SMTP waits', () => {
  test.each([
    ['where DMARC fails', 'dmarc=FAIL', undefined],
    ['where SPF passes for another envelope', 'dkim=GRAY; dmarc=GRAY', 'bounce@evil.test'],
    ['where somebody else signed it', 'spf=GRAY; dkim-domain=evil.test; dmarc=GRAY', undefined],
    ['where nothing is clear', 'spf=GRAY; dkim=GRAY; dmarc=GRAY', undefined],
    ['where a check could not be made', 'dmarc=PROCESSING_FAILED', undefined],
  ])('%s', async (_, given, envelope) => {
    const record = await becomes(given, envelope);
    expect(record).toMatchObject({ outcome: 'quarantined' });
    expect(record.reason).toMatch(/^From is not believed: /);
  });

  test('whatever its own headers say of it', async () => {
    const own = {
      'Authentication-Results':
        'amazonses.com; dkim=pass header.i=@acme.test; dmarc=pass header.from=acme.test;',
      'X-SES-RECEIPT': 'AEFB',
      'Received-SPF': 'pass',
    };
    expect(await becomes('spf=GRAY; dkim=GRAY; dmarc=GRAY', undefined, own)).toMatchObject({
      outcome: 'quarantined',
    });
  });
});
