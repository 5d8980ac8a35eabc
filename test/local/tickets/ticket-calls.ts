import { expect } from 'vitest';
import type { Answered, PortalClient } from '../../support/local/portal-client.ts';
import { type Account, allOf, unique } from '../people.ts';

export const pathOf = (ticket: any): string => `/v1/accounts/${ticket.accountId}/tickets/${ticket.id}`;

/** Calls about tickets: of this account and by its owner, unless others are named. */
export function ticketCalls(client: PortalClient, at: () => { account: Account; staff: string }) {
  const open = async (
    more: object = {},
    token = at().account.owner.token,
    home = at().account,
  ): Promise<any> => {
    const body = { subject: unique('Ticket'), message: unique('It is broken'), ...more };
    const answer = await client.call(token, 'POST', `${home.path}/tickets`, body);
    expect(answer.status).toBe(201);
    return answer.body;
  };

  const patch = (token: string, ticket: any, body: object, headers = {}): Promise<Answered> =>
    client.call(token, 'PATCH', pathOf(ticket), body, headers);
  const assign = (token: string, ticket: any, assignee: string | null): Promise<Answered> =>
    client.call(token, 'POST', `${pathOf(ticket)}/assign`, { assignee });
  const read = async (ticket: any, token = at().account.owner.token): Promise<any> =>
    (await client.call(token, 'GET', pathOf(ticket))).body;
  const listed = async (
    query: string,
    token = at().account.owner.token,
    home = at().account,
  ): Promise<string[]> =>
    (await allOf(client, token, `${home.path}/tickets${query}`)).map((ticket) => ticket.id as string);
  const queue = async (query: string): Promise<any[]> =>
    allOf(client, at().staff, `/v1/staff/tickets${query}`);
  const queued = async (query: string, ticket: any): Promise<any> =>
    (await queue(query)).find((item) => item.id === ticket.id);

  return { open, patch, assign, read, listed, queue, queued };
}
