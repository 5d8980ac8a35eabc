import { beforeEach, describe, expect, test } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import { type DomainDesk, domainDesk } from '../../support/desks/domain-desk.ts';
import type { RegistrarMode } from '../../support/memory/memory-registrar.ts';

let desk: DomainDesk;
let domainId: string;

beforeEach(async () => {
  desk = await domainDesk();
  domainId = await desk.domain('one', '2026-03-11');
  desk.portal.registrar.registrations.set('one.com', '2026-03-11');
  await desk.renewals([{ domainId, years: 2 }]);
  await desk.checkout();
});

const expiry = async () => (await desk.get(`/domains/${domainId}`)).expiresOn;

/** Hour after hour, until nothing is left to be passed on. */
async function hours(count: number): Promise<void> {
  for (let hour = 0; hour < count; hour++) {
    desk.portal.advance(3600);
    await desk.portal.passRenewals();
  }
  await desk.portal.deliver();
}

function behave(...modes: RegistrarMode[]): void {
  let last: RegistrarMode = 'ok';
  desk.portal.registrar.mode = () => (last = modes.shift() ?? last);
}

const subjects = () => desk.portal.mails.map((mail) => String(mail.subject));

describe('a paid renewal', () => {
  test.each<{ name: string; modes: RegistrarMode[] }>([
    { name: 'is done at once', modes: [] },
    { name: 'is tried again where the registrar is not able to', modes: ['fail', 'fail', 'ok'] },
    { name: 'is asked about before it is told again, where its answer was lost', modes: ['timeout', 'ok'] },
    { name: 'is told again where it was never heard', modes: ['lost', 'ok'] },
    { name: 'is believed once it shows', modes: ['lie', 'lie', 'ok'] },
  ])('$name, and extends the domain once, with one mail', async ({ modes }) => {
    behave(...modes);
    await desk.payAll();
    await hours(12);
    expect(await expiry()).toBe('2028-03-11');
    expect(desk.portal.registrar.renewed).toEqual([{ name: 'one.com', from: '2026-03-11', years: 2 }]);
    expect(subjects().filter((subject) => subject.includes('was renewed'))).toHaveLength(1);
    await desk.agree();
  });

  test.each<{ name: string; mode: RegistrarMode; takesHours: number }>([
    { name: 'refused', mode: 'refuse', takesHours: 2 },
    { name: 'tried in vain for days', mode: 'fail', takesHours: 100 },
    { name: 'only claimed to be done', mode: 'lie', takesHours: 100 },
  ])('that is $name is credit once, told to client and staff', async ({ mode, takesHours }) => {
    desk.portal.registrar.mode = () => mode;
    await desk.payAll();
    await hours(takesHours);
    expect(await expiry()).toBe('2026-03-11');
    expect((await desk.get('/credit')).balance).toEqual(gbp(1900));
    const told = desk.portal.mails.filter((mail) => String(mail.subject).includes('one.com'));
    expect(told.map((mail) => mail.destinations.join()).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'owner@acme.test',
      'staff@provider.test',
    ]);
    desk.portal.registrar.mode = () => 'ok';
    await hours(50);
    expect(desk.portal.registrar.renewed).toEqual([]);
    await desk.agree();
  });

  test('that failed can be ordered anew, and the failed one gives nothing back twice', async () => {
    desk.portal.registrar.mode = () => 'refuse';
    await desk.payAll();
    await hours(2);
    desk.portal.registrar.mode = () => 'ok';
    expect(await desk.renewals([{ domainId, years: 1 }])).toMatchObject({ status: 200 });
    expect(await desk.checkout()).toMatchObject({ status: 201 });
    await desk.payAll();
    await hours(2);
    expect(await expiry()).toBe('2027-03-11');
    expect((await desk.get('/credit')).balance).toEqual(gbp(1900));
    await desk.agree();
  });
});

test('an expiry that the registrar knows better is corrected, and staff are told', async () => {
  desk.portal.registrar.registrations.set('one.com', '2029-03-11');
  desk.portal.advance(8 * 24 * 3600);
  expect(await desk.portal.checkDomains()).toBe(1);
  expect(await expiry()).toBe('2029-03-11');
  await desk.portal.deliver();
  expect(subjects()).toContain('one.com differs at the registrar');
  expect(await desk.portal.checkDomains()).toBe(0);
});
