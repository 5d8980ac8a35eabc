import { randomUUID } from 'node:crypto';
import { type Call, caller, expecting, signIn } from './client.ts';
import { type Deployment, readDeployment } from './deployment.ts';
import { check, needed, Report } from './report.ts';

/** What a pass has made and takes away again. */
interface Made {
  contactPath?: string;
  /** A ticket that is still open. */
  openTicketPath?: string;
}

interface People {
  owner: Call | undefined;
  staff: Call | undefined;
  accountPath: string | undefined;
  /** All that the owner has a part in. */
  accountIds: string[];
}

/**
 * `npm run smoke`: a short pass through a portal from the outside, as its clients see it. It works on a deployment
 * with real accounts in it: it makes one contact and one ticket, under an address that AWS answers for and that
 * reaches nobody, and takes them away again. A ticket cannot be deleted; it stays, closed.
 */
async function main(): Promise<void> {
  const deployment = readDeployment();
  const report = new Report();
  const made: Made = {};
  const people = await signInAll(report, deployment);
  await refusals(report, deployment, people);
  const person = await subAccount(report, deployment, people, made);
  await allowances(report, people, person?.call);
  await conversation(report, people, person?.call, made);
  await cleanUp(report, people, made);
  await shutOut(report, deployment, person);
  process.stdout.write(`${report.passed} passed, ${report.failed} failed\n`);
  process.exitCode = report.failed > 0 ? 1 : 0;
}

async function signInAll(report: Report, deployment: Deployment): Promise<People> {
  const owner = await report.step('the owner signs in', () => signIn(deployment, deployment.owner));
  const staff = await report.step('staff sign in', () => signIn(deployment, deployment.staff));
  const accountIds: string[] = [];
  const accountPath = await report.step('the owner has an account', async () => {
    const { memberships = [] } = await expecting(200, needed(owner, 'the owner')('GET', '/v1/me'));
    accountIds.push(...memberships.map(({ accountId }) => accountId));
    const wanted = deployment.accountId;
    const own = memberships.find(
      ({ accountId, role }) => role === 'owner' && (wanted === undefined || accountId === wanted),
    );
    return `/v1/accounts/${needed(own, 'an account of the owner’s').accountId}`;
  });
  return { owner, staff, accountPath, accountIds };
}

async function refusals(report: Report, deployment: Deployment, people: People) {
  const { owner, staff, accountPath, accountIds } = people;
  await report.step('without a token nobody gets in', async () => {
    await expecting(401, caller(deployment, null)('GET', '/v1/me'));
  });
  await report.step('an account of others reads as one that does not exist', async () => {
    const { items = [] } = await expecting(
      200,
      needed(staff, 'staff')('GET', '/v1/staff/accounts?limit=100'),
    );
    const foreign = items.find(({ id }) => !accountIds.includes(id))?.id;
    const ids = [`acct_${randomUUID()}`, ...(foreign === undefined ? [] : [foreign])];
    const asOwner = needed(owner, 'the owner');
    const said = await Promise.all(
      ids.map((id) => expecting(404, asOwner('GET', `/v1/accounts/${id}/tickets`))),
    );
    check(new Set(said.map(({ detail }) => detail)).size === 1, 'the two refusals differ');
  });
  await report.step('staff’s routes are closed to the owner, and say so', async () => {
    const { type = '' } = await expecting(403, needed(owner, 'the owner')('GET', '/v1/staff/accounts'));
    check(type.endsWith('/staff-only'), `the problem’s type is "${type}"`);
  });
  await report.step('what a request does not know is refused', async () => {
    const path = `${needed(accountPath, 'the account')}/tickets`;
    const ticket = { subject: 'Smoke test', message: 'Not opened', colour: 'green' };
    await expecting(400, needed(owner, 'the owner')('POST', path, ticket));
  });
}

interface Person {
  call: Call;
  email: string;
  password: string;
}

/** Somebody who may see tickets and nothing else. */
async function subAccount(
  report: Report,
  deployment: Deployment,
  { owner, accountPath }: People,
  made: Made,
): Promise<Person | undefined> {
  const unique = randomUUID();
  // AWS's own address for tests: mail to it is accepted and thrown away, and harms no sender's name.
  const email = `success+smoke-${unique}@simulator.amazonses.com`;
  const password = `Smoke-${unique}-A1`;
  const first = `First-${unique}-A1`;
  const contactPath = await report.step('the owner records a contact', async () => {
    const path = `${needed(accountPath, 'the account')}/contacts`;
    const body = { name: 'Smoke Test', email };
    const { id } = await expecting(201, needed(owner, 'the owner')('POST', path, body));
    made.contactPath = `${path}/${needed(id, 'an id')}`;
    return made.contactPath;
  });
  await report.step('the owner gives the contact a login that may see tickets', async () => {
    const path = `${needed(contactPath, 'the contact')}/sub-account`;
    const access = { permissions: ['tickets'], password: first };
    await expecting(200, needed(owner, 'the owner')('PUT', path, access));
  });
  const call = await report.step('the new login signs in and chooses a password', () =>
    signIn(deployment, { email, password: first }, password),
  );
  return call && { call, email, password };
}

async function allowances(report: Report, { staff, accountPath }: People, person: Call | undefined) {
  await report.step('tickets are open to the new login', async () => {
    await expecting(200, needed(person, 'the login')('GET', `${needed(accountPath, 'the account')}/tickets`));
  });
  await report.step('invoices are not, and the refusal explains itself', async () => {
    const path = `${needed(accountPath, 'the account')}/invoices`;
    const { headers, body, status } = await needed(person, 'the login')('GET', path);
    check(status === 403, `expected 403, got ${status}`);
    const contentType = headers.get('content-type') ?? 'none';
    check(contentType.startsWith('application/problem+json'), `the content type is ${contentType}`);
    const { requiredPermission, areas = [], whatToDo = '', requestAccess, title = '' } = body;
    check(requiredPermission === 'invoices', `it names the permission ${requiredPermission}`);
    check(title.includes('invoices'), `its title is "${title}"`);
    check(areas.length === 1 && areas[0]?.permission === 'tickets', 'it does not say what is open');
    check(whatToDo !== '', 'it does not say what to do');
    check(requestAccess?.href.endsWith('/access-requests') ?? false, 'it does not say where to ask');
  });
  await report.step('staff see the account and the list of all', async () => {
    const call = needed(staff, 'staff');
    await expecting(200, call('GET', needed(accountPath, 'the account')));
    await expecting(200, call('GET', '/v1/staff/accounts?limit=1'));
  });
}

async function conversation(
  report: Report,
  { staff, accountPath }: People,
  person: Call | undefined,
  made: Made,
) {
  const asPerson = () => needed(person, 'the login');
  const ticketPath = await report.step('a ticket is opened, once however often it is asked for', async () => {
    const path = `${needed(accountPath, 'the account')}/tickets`;
    const ticket = { subject: 'Smoke test', message: 'Please ignore this.' };
    const once = { 'idempotency-key': randomUUID() };
    const first = await expecting(201, asPerson()('POST', path, ticket, once));
    made.openTicketPath = `${path}/${needed(first.id, 'an id')}`;
    const again = await expecting(201, asPerson()('POST', path, ticket, once));
    check(first.id === again.id, `two tickets were opened: ${first.id} and ${again.id}`);
    return made.openTicketPath;
  });
  const ticket = () => needed(ticketPath, 'the ticket');
  const answer = `The answer is ${randomUUID()}.`;
  await report.step('staff reply', async () => {
    const replied = needed(staff, 'staff')('POST', `${ticket()}/replies`, { message: answer });
    const { status } = await expecting(201, replied);
    check(status === 'answered', `the ticket is ${status}`);
  });
  await report.step('the ticket’s opener reads the reply', async () => {
    const { messages = [] } = await expecting(200, asPerson()('GET', ticket()));
    check(
      messages.some((message) => message.body === answer),
      'it is not in the conversation',
    );
  });
  await report.step('the ticket’s opener replies', async () => {
    const replied = asPerson()('POST', `${ticket()}/replies`, { message: 'Thank you.' });
    const { status } = await expecting(201, replied);
    check(status === 'customer-reply', `the ticket is ${status}`);
  });
  await report.step('the ticket is closed, and closed once', async () => {
    const { status } = await expecting(200, asPerson()('POST', `${ticket()}/close`));
    delete made.openTicketPath;
    check(status === 'closed', `the ticket is ${status}`);
    await expecting(409, asPerson()('POST', `${ticket()}/close`));
  });
}

async function cleanUp(report: Report, { owner, staff }: People, made: Made) {
  const { openTicketPath, contactPath } = made;
  delete made.openTicketPath;
  delete made.contactPath;
  if (openTicketPath !== undefined) {
    await report.step('the ticket that was left open is closed', async () => {
      await expecting(200, needed(staff, 'staff')('POST', `${openTicketPath}/close`));
    });
  }
  if (contactPath === undefined) return;
  await report.step('the owner removes the contact', async () => {
    await expecting(204, needed(owner, 'the owner')('DELETE', contactPath));
  });
}

/** An answer of the authoriser is used again for a few seconds; a sign-in is not. */
async function shutOut(report: Report, deployment: Deployment, person: Person | undefined) {
  await report.step('the removed login is shut out within seconds', async () => {
    const { call, email, password } = needed(person, 'the login');
    const deadline = performance.now() + 10_000;
    for (;;) {
      const { status } = await call('GET', '/v1/me');
      if (status === 401) break;
      check(performance.now() < deadline, `after ten seconds GET /v1/me answers ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const again = await signIn(deployment, { email, password }).catch(() => undefined);
    check(again === undefined, 'it signs in still');
  });
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
