import { beforeEach, describe, expect, test } from 'vitest';
import { type Inbox, inboxOfAcme, jane, type Letter, type Place } from '../../../support/desks/inbox.ts';

const pasted = 'From: shop@acme.test\nTo: client@else.test\nDate: Mon, 2 Mar 2026\nSubject: Your order';
const text = `This is what we send:\n\n${pasted}\n\nWhy is it rejected?`;

let inbox: Inbox;
let acme: Place;

beforeEach(async () => {
  ({ inbox, acme } = await inboxOfAcme());
});

/** The message that a mail became, as it is read in the portal. */
async function became(letter: Letter): Promise<any> {
  const { ticketId } = await inbox.write(jane, letter);
  return (await inbox.readTicket(acme, ticketId!)).messages.at(-1);
}

describe('what is pasted into a mail', () => {
  test('stays where the mail answers nothing, and goes out to the others', async () => {
    const message = await became({ text, cc: 'gus@guest.test' });
    expect(message.body).toBe(text);
    expect(message).not.toHaveProperty('quoted');
    expect((await inbox.mailsTo('gus@guest.test'))[0]!.text).toContain('Why is it rejected?');
  });

  test.each<[string, Letter]>([
    ['by its references', { head: ['In-Reply-To: <some@else.test>'] }],
    ['by its subject', { subject: 'Re: Your order' }],
  ])('is the old mail where the mail is an answer %s', async (_, letter) => {
    const { body, quoted } = await became({ text, ...letter });
    expect(body).toBe('This is what we send:');
    expect(quoted).toContain('Why is it rejected?');
  });

  test('is the old mail in a reply to a ticket', async () => {
    await became({ text: 'Down.' });
    const [confirmation] = await inbox.mailsTo(jane);
    const to = confirmation!.replyTo![0]!.address!;
    const { body, quoted } = await became({ text, to, recipients: [to], subject: 'It' });
    expect(body).toBe('This is what we send:');
    expect(quoted).toContain('Subject: Your order');
  });
});
