import { beforeAll, describe, expect, inject, test } from 'vitest';
import { MailDesk } from '../../support/desks/mail-desk.ts';
import { PortalClient } from '../../support/local/portal-client.ts';
import { type Account, addSubAccount, unique } from '../people.ts';
import { pathOf, ticketCalls } from './ticket-calls.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

let account: Account;
let staff: string;
const { listed, open } = ticketCalls(client, () => ({ account, staff }));

beforeAll(async () => {
  account = await desk.openAccount();
  staff = await desk.staff();
});

describe('a search', () => {
  test('finds words in subjects and messages of the account’s own tickets', async () => {
    const home = await desk.openAccount();
    const other = await desk.openAccount();
    const word = unique('needle').replaceAll('-', '');
    const inSubject = await open({ subject: `A ${word} in it` }, home.owner.token, home);
    const inMessage = await open({ message: `Look:\nthe ${word.toUpperCase()}!` }, home.owner.token, home);
    const inReply = await open({}, home.owner.token, home);
    await desk.replyAs(staff, home, inReply.id, { message: `It was the ${word}.` });
    await open({}, home.owner.token, home);
    await open({ subject: word }, other.owner.token, other);
    expect(await listed(`?q=${word}`, home.owner.token, home)).toEqual([
      inReply.id,
      inMessage.id,
      inSubject.id,
    ]);
    expect(await listed(`?q=${word}&status=answered`, home.owner.token, home)).toEqual([inReply.id]);
    expect(await listed(`?q=${unique('nothing')}`, home.owner.token, home)).toEqual([]);
    expect(await listed(`?q=${encodeURIComponent('%_*.')}`, home.owner.token, home)).toEqual([]);
  });

  test('finds what came by mail, in other alphabets too', async () => {
    const home = await desk.openAccount();
    const word = `Größe${unique('x').slice(2, 8)}東京`;
    const subject = unique('By mail');
    await client.sendMail({ from: home.owner.email, subject, text: `The ${word}.` });
    const ticket = await desk.ticketNamed(home, subject);
    expect(await listed(`?q=${encodeURIComponent(word)}`, home.owner.token, home)).toEqual([ticket.id]);
  });

  test('with status, opener and words together finds what meets all of them, over its pages', async () => {
    const home = await desk.openAccount();
    const helper = await addSubAccount(client, home, ['tickets']);
    const word = unique('both').replaceAll('-', '');
    const wanted: string[] = [];
    for (let index = 0; index < 4; index += 1) {
      const theirs = await open({ subject: `${word} ${index}` }, helper.token, home);
      const mine = await open({ subject: `${word} ${index}` }, home.owner.token, home);
      await open({}, helper.token, home);
      for (const ticket of [mine, ...(index % 2 === 0 ? [theirs] : [])])
        await client.call(staff, 'POST', `${pathOf(ticket)}/close`);
      if (index % 2 === 0) wanted.unshift(theirs.id);
    }
    const query = `?status=closed&openedBy=${helper.id}&q=${word}`;
    expect(await listed(query, home.owner.token, home)).toEqual(wanted);
    const found: string[] = [];
    let cursor = '';
    do {
      const page = await client.call(
        home.owner.token,
        'GET',
        `${home.path}/tickets${query}&limit=1${cursor}`,
      );
      found.push(...page.body.items.map((item: any) => item.id as string));
      cursor = page.body.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.body.nextCursor)}`;
    } while (cursor !== '');
    expect(found).toEqual(wanted);
    expect(await listed(`?openedBy=${helper.id}`, home.owner.token, home)).toHaveLength(8);
  });
});
