import type { Action, Table } from '../table/table.ts';
import type { Invoice } from '../invoices/invoice.ts';
import { newVersion } from '../core/ids.ts';
import { renewableDomain } from '../domains/domain.ts';
import { domainRow, domainStore } from '../domains/domain-store.ts';
import { renewableService } from '../services/service.ts';
import { serviceRow, serviceStore } from '../services/service-store.ts';
import { actOn } from '../schedule/steps.ts';

/** Frees the items of a cancelled invoice: they are due as before, and the job invoices them again when it is time. */
export async function releaseItems(
  table: Table,
  { id: invoiceId, accountId, lines }: Pick<Invoice, 'id' | 'accountId' | 'lines'>,
  invoiceDaysBefore: number,
): Promise<Action[]> {
  const related = lines.flatMap(({ relatesTo }) =>
    typeof relatesTo === 'object' && relatesTo !== null ? [{ accountId, ...relatesTo }] : [],
  );
  const [domains, services] = await Promise.all([
    loadRelated(related, 'domain-renewal', domainStore(table)),
    loadRelated(related, 'service', serviceStore(table)),
  ]);
  const unbilled = { invoicedFor: null, invoiceId: null };
  return [
    ...domains.flatMap((domain) => {
      if (domain?.invoiceId !== invoiceId) return [];
      const after = { ...domain, ...unbilled, version: newVersion() };
      return [domainRow(after, domain.version, actOn(renewableDomain(after), invoiceDaysBefore))];
    }),
    ...services.flatMap((service) => {
      if (service?.invoiceId !== invoiceId) return [];
      const after = { ...service, ...unbilled, version: newVersion() };
      return [serviceRow(after, service.version, actOn(renewableService(after), invoiceDaysBefore))];
    }),
  ];
}

/** The items that lines of a kind name; they may belong to other accounts than the one billed. */
async function loadRelated<T>(
  related: readonly { kind: string; id: string; accountId: string }[],
  kind: string,
  store: { getMany(accountId: string, ids: readonly string[]): Promise<(T | undefined)[]> },
): Promise<(T | undefined)[]> {
  const byAccount = Map.groupBy(
    related.filter((item) => item.kind === kind),
    ({ accountId }) => accountId,
  );
  const groups = await Promise.all(
    [...byAccount].map(([accountId, of]) => store.getMany(accountId, [...new Set(of.map(({ id }) => id))])),
  );
  return groups.flat();
}
