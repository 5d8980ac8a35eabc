import { toInstant } from '../../shared/core/clock.ts';
import { dayIn } from '../../shared/core/day.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { type Domain, renewableDomain } from '../../shared/domains/domain.ts';
import { followReason } from '../../shared/domains/follow-reason.ts';
import { domainRow, deleteNameRow } from '../../shared/domains/domain-store.ts';
import { actOn } from '../../shared/schedule/steps.ts';
import { commit, portalContext, StaleRead } from '../../shared/write/commit.ts';
import { type RegistrarDependencies, staffMail } from './submit-renewal.ts';

/** Every domain is checked about once a week, in small batches: enough for half a million. */
const checkIntervalMs = 7 * 24 * 60 * 60 * 1000;
const batchSize = 50;
const inParallel = 5;

/** Corrects domains that differ at the registrar, and mails staff about each difference. */
export async function checkDomains(dependencies: RegistrarDependencies, now: Date): Promise<number> {
  const since = new Date(now.getTime() - checkIntervalMs);
  const due = await dependencies.domains.uncheckedSince(since, batchSize);
  for (let start = 0; start < due.length; start += inParallel) {
    await Promise.all(
      due.slice(start, start + inParallel).map((domain) =>
        check(dependencies, domain, now).catch((error: unknown) => {
          // Changed meanwhile, or no answer from the registrar: it is checked again in the next run.
          if (error instanceof StaleRead) return;
          dependencies.warn('A domain could not be checked', { domain: domain.name, error });
        }),
      ),
    );
  }
  return due.length;
}

async function check(dependencies: RegistrarDependencies, stored: Domain, now: Date): Promise<void> {
  const { registrar, domains, people } = dependencies;
  const domain = await domains.get(stored.accountId, stored.id);
  if (!domain || domain.version !== stored.version) return;
  const actual = await registrar.look(domain.name);
  const { invoiceDaysBefore, timeZone } = await dependencies.settings();
  const expected = { expiresOn: domain.expiresOn, status: 'active' };
  // A renewal under way may explain a different expiry: it is stored when the renewal is done.
  const differs = actual && domain.paidFor === null && JSON.stringify(actual) !== JSON.stringify(expected);
  const checked = { ...domain, checkedAt: toInstant(now), version: newVersion() };
  const { domain: after, ...followed } = await followReason(
    dependencies,
    domain,
    differs ? corrected(checked, actual) : checked,
    { today: dayIn(timeZone, now), now },
  );
  const account = (await people.account(domain.accountId)) ?? { id: domain.accountId, name: '' };
  const leavesRegistration = after.state !== domain.state;
  await commit(dependencies, portalContext(now), {
    actions: [
      domainRow(after, domain.version, actOn(renewableDomain(after), invoiceDaysBefore)),
      ...(leavesRegistration ? [deleteNameRow(domain.name)] : []),
      ...followed.actions,
    ],
    activity: [
      ...(differs
        ? [
            {
              accountId: domain.accountId,
              action: 'domain.corrected',
              subject: { kind: 'domain', id: domain.id, name: domain.name },
              before: expected,
              after: { ...actual },
            },
          ]
        : []),
      ...followed.activity,
    ],
    outbox: [
      ...(differs
        ? staffMail(dependencies, 'staff-domain-differs', account, {
            domain: domain.name,
            ours: `${expected.expiresOn}, ${expected.status}`,
            registrars: `${actual.expiresOn}, ${actual.status}`,
          })
        : []),
      ...followed.outbox,
    ],
  });
}

function corrected(domain: Domain, actual: { expiresOn: string; status: string }): Domain {
  const dueWithExpiry = domain.nextDueOn === domain.expiresOn;
  return {
    ...domain,
    expiresOn: actual.expiresOn,
    nextDueOn: dueWithExpiry ? actual.expiresOn : domain.nextDueOn,
    state: actual.status === 'transferred-away' ? 'transferred-away' : domain.state,
  };
}
