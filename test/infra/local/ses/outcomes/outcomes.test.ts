import { SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Controls, InvalidControl } from '../../../../../infra/local/controls.ts';
import { MailControl } from '../../../../../infra/local/ses/outcomes/mail-control.ts';
import type { SesEvent } from '../../../../../infra/local/ses/outcomes/events.ts';
import { type Ses, startSes } from '../../../../../infra/local/ses/server.ts';
import { suppressionList } from '../../../../../shared/aws/ses-suppression.ts';
import { readMailEvent } from '../../../../../shared/mail/delivery/mail-event.ts';

const outcomes = new MailControl();
let told: { set: string; event: SesEvent }[] = [];
let ses: Ses;
let client: SESClient;

beforeAll(async () => {
  const publish = async (set: string, event: SesEvent) => void told.push({ set, event });
  ses = await startSes({ controls: new Controls(), region: 'eu-west-1', outcomes, publish });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new SESClient({ region: 'eu-west-1', endpoint: ses.url, credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await ses.close();
});
beforeEach(() => {
  told = [];
});

const raw = Buffer.from('From: desk@annex.test\r\nTo: a@example.com\r\nSubject: Hi\r\n\r\nHello\r\n');
const send = (...Destinations: string[]) =>
  client.send(
    new SendRawEmailCommand({ RawMessage: { Data: raw }, Destinations, ConfigurationSetName: 'annex-test' }),
  );

describe('mail to an address', () => {
  test.each([
    [{ outcome: 'bounce' }, 'Permanent/General'],
    [{ outcome: 'bounce', subtype: 'NoEmail' }, 'Permanent/NoEmail'],
    [{ outcome: 'bounce', subtype: 'Suppressed' }, 'Permanent/Suppressed'],
    [{ outcome: 'bounce', subtype: 'OnAccountSuppressionList' }, 'Permanent/OnAccountSuppressionList'],
    [{ outcome: 'transient' }, 'Transient/MailboxFull'],
    [{ outcome: 'complaint' }, 'Complaint/abuse'],
  ])('that %o is told of by an event that the portal reads as %s', async (fate, reason) => {
    outcomes.set({ address: 'Gone@example.com', ...fate });
    const { MessageId } = await send('gone@example.com', 'here@example.com');
    const { event } = await vi.waitUntil(() =>
      told.find(({ event: { eventType } }) => eventType !== 'Delivery'),
    );
    const read = readMailEvent(JSON.stringify(event))!;
    expect(read).toMatchObject({ messageId: MessageId, reason });
    const said = read.says(['gone@example.com']);
    expect([...said.complained, ...said.undelivered]).toEqual(['gone@example.com']);
    expect(told.every(({ set }) => set === 'annex-test')).toBe(true);
    outcomes.set({ address: 'gone@example.com', outcome: 'deliver' });
  });

  test('that is delivered is told of as such, which says nothing of addresses', async () => {
    await send('here@example.com');
    const { event } = await vi.waitUntil(() => told[0]);
    expect(event).toMatchObject({ eventType: 'Delivery', delivery: { recipients: ['here@example.com'] } });
    expect(readMailEvent(JSON.stringify(event))).toBeNull();
  });

  test('that is rejected is refused for good, and goes to nobody', async () => {
    outcomes.set({ address: 'no@example.com', outcome: 'reject' });
    const before = ses.messages().length;
    await expect(send('no@example.com', 'here@example.com')).rejects.toMatchObject({
      name: 'MessageRejected',
    });
    expect(ses.messages()).toHaveLength(before);
    outcomes.set({ address: 'no@example.com', outcome: 'deliver' });
    await send('no@example.com');
  });
});

describe('the list of addresses that SES sends nothing to', () => {
  test('loses the one that is taken off it', async () => {
    outcomes.set({ address: 'a+b@example.com', outcome: 'bounce', subtype: 'OnAccountSuppressionList' });
    await suppressionList(client)('a+b@example.com');
    expect(outcomes.of('a+b@example.com').outcome).toBe('deliver');
  });

  test('takes it as done where an address is not on it', async () => {
    outcomes.set({ address: 'gone@example.com', outcome: 'bounce' });
    await suppressionList(client)('gone@example.com');
    await suppressionList(client)('never@example.com');
    expect(outcomes.of('gone@example.com').outcome).toBe('bounce');
  });

  test('fails where the service does, so that it is tried again', async () => {
    const closed = new SESClient({
      region: 'eu-west-1',
      endpoint: `${ses.url}/elsewhere`,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
      requestHandler: { handle: async () => ({ response: { statusCode: 503, headers: {} } as never }) },
    });
    await expect(suppressionList(closed)('a@example.com')).rejects.toThrow('SES answered 503');
  });
});

test.each([
  [{}],
  [{ address: 'a@b.test' }],
  [{ address: 'nobody', outcome: 'bounce' }],
  [{ address: 'a@b.test', outcome: 'explode' }],
  [{ address: 'a@b.test', outcome: 'bounce', subtype: 'MailboxFull' }],
  [{ address: 'a@b.test', outcome: 'transient', subtype: 'General' }],
  [{ address: 'a@b.test', outcome: 'deliver', more: 1 }],
])('the control refuses %o', (body) => {
  expect(() => new MailControl().set(body)).toThrow(InvalidControl);
});
