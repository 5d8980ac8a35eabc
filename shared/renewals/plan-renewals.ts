import { balanceOf, type Invoice, type LineTax, periodOf, totalsOf } from '../invoices/invoice.ts';
import { noticeFor } from '../invoices/invoice-notice.ts';
import type { Money } from '../core/money.ts';
import { addMonths, addYears, type Day } from '../core/day.ts';
import type { WordedLine } from '../invoices/worded-line.ts';
import { cycleMonths } from '../products/product.ts';
import type { Account } from '../accounts/people.ts';
import { type Domain, renewableDomain } from '../domains/domain.ts';
import { type DomainPrice, domainTaxClass, renewalOf } from '../domains/domain-price.ts';
import { type Renewable, type Step, stepsThrough } from '../schedule/steps.ts';
import { renewableService, type Service } from '../services/service.ts';

/** A renewable item with the invoice line of its next period; null where the price is unknown. */
export interface DueRenewable {
  /** The account that owns it. */
  account: Account;
  renewing: Renewable;
  stored: { kind: 'domain'; row: Domain } | { kind: 'service'; row: Service };
  /** Worded in the language of whoever is billed. */
  line: WordedLine | null;
}

/** One action of the job, as the dry run and the preview show it. */
export interface Planned {
  accountId: string;
  kind: 'invoice' | 'reminder' | 'overdue' | 'auto-pay';
  subject: { type: 'domain' | 'service' | 'invoice'; id: string; name: string };
  on: Day;
  amount?: Money;
}

/** A domain with the price of its shortest renewal; a domain that is gone is not due any more. */
export function dueDomain(
  account: Account,
  domain: Domain,
  prices: readonly DomainPrice[],
  today: Day,
): DueRenewable {
  // The limit on early renewals is for clients, not for the job.
  const priced = prices.map((price) => ({ ...price, maxAdvanceDays: Number.MAX_SAFE_INTEGER }));
  const renewal = renewalOf(domain, priced, account.currency, today);
  const gone = renewal.status === 'cancelled';
  const renewing = renewableDomain(domain);
  const [option] = renewal.options;
  const { id, name, expiresOn } = domain;
  return {
    account,
    renewing: gone ? { ...renewing, nextDueOn: null } : renewing,
    stored: { kind: 'domain', row: domain },
    line: option
      ? {
          words: { key: 'line.domainRenewal', values: { name, years: option.years } },
          quantity: 1,
          unitPrice: option.total,
          taxClass: domainTaxClass,
          relatesTo: { kind: 'domain-renewal', id, name, years: option.years, on: expiresOn },
          ...(expiresOn ? { period: periodOf(expiresOn, addYears(expiresOn, option.years)) } : {}),
        }
      : null,
  };
}

/** A service with the class of product that it is taxed by. */
export function dueService(account: Account, service: Service, taxClass: string | null): DueRenewable {
  const { id, name, price, quantity, currency, taxRate, nextDueOn, cycle, anchorDay } = service;
  const months = cycleMonths[cycle];
  return {
    account,
    renewing: renewableService(service),
    stored: { kind: 'service', row: service },
    line: {
      words: { key: 'line.service', values: { name, months, from: nextDueOn ?? '' } },
      quantity,
      unitPrice: { amount: price, currency },
      taxRate: taxRate ?? undefined,
      taxClass,
      relatesTo: { kind: 'service', id, name, on: nextDueOn ?? undefined },
      ...(nextDueOn && months > 0
        ? { period: periodOf(nextDueOn, addMonths(nextDueOn, months, anchorDay)) }
        : {}),
    },
  };
}

/** The steps of items through a day, each with its item. */
export function plannedSteps(
  renewables: readonly DueRenewable[],
  invoiceDaysBefore: number,
  today: Day,
  through: Day = today,
): { renewable: DueRenewable; step: Step }[] {
  return renewables.flatMap((renewable) =>
    stepsThrough(renewable.renewing, invoiceDaysBefore, today, through)
      // An item without a price cannot be invoiced; it is reminded of all the same.
      .filter((step) => step.kind === 'reminder' || renewable.line !== null)
      .map((step) => ({ renewable, step })),
  );
}

export function plannedView({ renewable, step }: { renewable: DueRenewable; step: Step }): Planned {
  const { accountId, kind, id, name } = renewable.renewing;
  const subject = { type: kind, id, name };
  if (step.kind === 'reminder') return { accountId, kind: 'reminder', subject, on: step.on };
  const { unitPrice, quantity } = renewable.line!;
  const amount = { amount: unitPrice.amount * quantity, currency: unitPrice.currency };
  return { accountId, kind: 'invoice', subject, on: step.on, amount };
}

export type Planning = ReturnType<typeof plannedSteps>[number];

/** Items and their accounts in one transaction: with the other rows at most a hundred. */
const mostRows = 91;

/** Groups steps by a key, in parts that fit into one transaction. */
export function groupSteps(steps: readonly Planning[], by: (planning: Planning) => string): Planning[][] {
  return [...Map.groupBy(steps, by).values()].flatMap((group) => {
    const parts: Planning[][] = [];
    let accounts = new Set<string>();
    for (const planning of group) {
      const part = parts.at(-1);
      accounts.add(planning.renewable.account.id);
      if (part && part.length + 1 + accounts.size <= mostRows) part.push(planning);
      else {
        parts.push([planning]);
        accounts = new Set([planning.renewable.account.id]);
      }
    }
    return parts;
  });
}

/** The steps to invoice, grouped into invoices: one for each due day. */
export function groupIntoInvoices(steps: readonly Planning[]): Planning[][] {
  const toInvoice = steps.filter(({ step }) => step.kind === 'invoice');
  return groupSteps(toInvoice, ({ renewable }) => renewable.renewing.nextDueOn ?? '');
}

/**
 * The future invoices that an account's credit will pay: each that the credit suffices for, in the order in which they
 * are raised. Each is shown by its first item, as it has no number yet.
 */
export function plannedAutoPay(steps: readonly Planning[], credit: number, lineTax: LineTax): Planned[] {
  let left = credit;
  return groupIntoInvoices(steps).flatMap((group) => {
    const { total, currency } = totalsOf(
      group.map(({ renewable }) => ({ ...renewable.line!, description: '' })),
      false,
      lineTax,
    );
    if (total === 0 || total > left) return [];
    left -= total;
    return [{ ...plannedView(group[0]!), kind: 'auto-pay' as const, amount: { amount: total, currency } }];
  });
}

/** The notice of an unpaid invoice that is due today, as a planned action. */
export function plannedNotice(invoice: Invoice, today: Day): Planned | null {
  const notice = noticeFor(invoice, today);
  if (!notice) return null;
  const { accountId, id, number, currency } = invoice;
  const subject = { type: 'invoice' as const, id, name: number ?? '' };
  const amount = { amount: balanceOf(invoice), currency };
  return { accountId, kind: notice.kind, subject, on: notice.on, amount };
}
