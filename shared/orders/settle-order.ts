import type { Invoice } from '../invoices/invoice.ts';
import { nextPeriod } from '../products/product.ts';
import { toInstant } from '../core/clock.ts';
import { type Day, dayIn, daysBetween } from '../core/day.ts';
import { newId, newVersion } from '../core/ids.ts';
import { nextOrderStatus, type Order, orderActivity } from './order.ts';
import { orderRow, type OrderStore } from './order-store.ts';
import type { Settings } from '../settings/settings.ts';
import { actOn, neverRenewed } from '../schedule/steps.ts';
import { renewableService, type Service } from '../services/service.ts';
import { serviceRow } from '../services/service-store.ts';
import { summaryUpdate } from '../services/service-summary.ts';
import { type Change, commit, portalContext, type WriteDependencies } from '../write/commit.ts';

interface SettleOrderDependencies extends WriteDependencies {
  orders: OrderStore;
  settings(): Promise<Settings>;
}

/**
 * Continues a paid order. With renewals only it becomes active. With products it waits for staff to set its start, or
 * starts at once where the settings need no approval by staff.
 */
export async function settleOrder(
  dependencies: SettleOrderDependencies,
  invoice: Invoice,
  now: Date,
): Promise<void> {
  const { accountId, orderAccountId = accountId } = invoice;
  const order = await dependencies.orders.get(orderAccountId, invoice.orderId!);
  if (order?.status !== 'awaiting-payment') return;
  const settings = await dependencies.settings();
  const renewsOnly = order.items.every((item) => item.kind === 'domain-renewal');
  const paid: Order = {
    ...order,
    status: nextOrderStatus(order, renewsOnly ? 'pay-renewals' : 'pay'),
    version: newVersion(),
  };
  const startsAtOnce = !renewsOnly && !settings['orders.staffApproval'];
  const change = startsAtOnce
    ? activated(paid, dayIn(settings.timeZone, now), settings, now)
    : { actions: [], activity: [], outbox: [] };
  const after: Order = startsAtOnce ? { ...paid, status: nextOrderStatus(paid, 'activate') } : paid;
  const context = portalContext(now);
  await commit(dependencies, context, {
    actions: [orderRow(after, order.version), ...change.actions],
    activity: [...orderActivity(order, after), ...change.activity],
    outbox: [],
  });
}

/** The changes that start an order's services on a day. */
export function activated(order: Order, startOn: Day, settings: Settings, now: Date): Change {
  const services = order.items.flatMap((item, index): Service[] => {
    if (item.kind !== 'product') return [];
    const anchorDay = Number(startOn.slice(8));
    const nextDueOn = nextPeriod(startOn, item.cycle, anchorDay);
    return [
      {
        id: newId('service', now),
        accountId: order.forAccountId,
        productId: item.productId,
        name: item.description,
        status: 'pending',
        quantity: item.quantity,
        price: item.unitPrice,
        currency: order.currency,
        taxRate: item.taxRate,
        taxClass: item.taxClass ?? null,
        cycle: item.cycle,
        anchorDay,
        startOn,
        nextDueOn,
        cancelsOn: null,
        orderId: order.id,
        periodPaidBy: order.payerId ?? order.accountId,
        ...paidPeriod(order, index, startOn, nextDueOn),
        ...neverRenewed,
        version: newVersion(),
        createdAt: toInstant(now),
      },
    ];
  });
  return {
    actions: [
      ...services.map((service) =>
        serviceRow(service, null, actOn(renewableService(service), settings.invoiceDaysBefore)),
      ),
      ...(services.length > 0 ? [summaryUpdate(order.forAccountId, services)] : []),
    ],
    activity: services.slice(0, 5).map(({ id, name, accountId }) => ({
      accountId,
      action: 'service.started',
      subject: { kind: 'service', id, name },
      before: null,
      after: { startOn },
    })),
    outbox: [],
  };
}

/** Its invoice has a line for each item of an order, in their order. */
function paidPeriod({ invoiceId, payerId, accountId }: Order, lineIndex: number, from: Day, to: Day | null) {
  if (!invoiceId || to === null) return {};
  const days = daysBetween(from, to);
  return { periodPaid: [{ accountId: payerId ?? accountId, invoiceId, lineIndex, days }] };
}
