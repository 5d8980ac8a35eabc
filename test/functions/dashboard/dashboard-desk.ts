import { expect } from 'vitest';
import { gbp } from '../../support/desks/billing-desk.ts';
import type { DomainDesk } from '../../support/desks/domain-desk.ts';

export async function done(called: Promise<{ status: number; body: any }>): Promise<any> {
  const { status, body } = await called;
  expect([status, status < 300 ? null : body]).toEqual([status, null]);
  return body;
}

/** The dashboard of an account, and what is done in it, over a desk that is asked for when a test runs. */
export function dashboardDesk(deskOf: () => DomainDesk) {
  const seenBy = async (userId: string) => {
    const called = await deskOf().portal.call(userId, 'GET', `${deskOf().base}/dashboard`);
    expect(called).toMatchObject({ status: 200 });
    return called.body;
  };
  const dashboard = () => seenBy(deskOf().ownerId);
  const areas = async () => (await dashboard()).areas;
  const person = async (permissions: string[], email = 'sam@acme.test') =>
    (await deskOf().portal.createSubAccount(deskOf().ownerId, deskOf().accountId, email, permissions)).userId;

  const service = (extra: object = {}) =>
    done(
      deskOf().staff('POST', '/services', {
        name: 'Hosting',
        price: gbp(1000),
        cycle: 'monthly',
        startOn: '2026-03-01',
        ...extra,
      }),
    );
  const ticket = async () =>
    (await done(deskOf().owner('POST', '/tickets', { subject: 'Help', message: 'Please' }))).id as string;
  const stands = (id: string, status: string) => done(deskOf().staff('PATCH', `/tickets/${id}`, { status }));

  return { seenBy, dashboard, areas, person, service, ticket, stands };
}
