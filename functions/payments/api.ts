import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import {
  beginMassPayment,
  cancelMassPayment,
  type PaymentDependencies,
  showMassPayment,
} from '../../shared/payments/begin-mass-payment.ts';
import { massPaymentView } from '../../shared/payments/mass-payment.ts';
import { pay } from '../../shared/payments/pay.ts';
import { payingContext } from '../../shared/payments/paying.ts';
import { paymentView } from '../../shared/payments/payment.ts';
import { creditInvoice } from './credit-invoice.ts';
import { refundPayment } from '../../shared/payments/refunds/refund.ts';
import { recordAccountPayment, recordPayment } from './bank/record-payment.ts';
import { assignMoney, noteMoney } from './bank/unassigned-money.ts';
import { showUnassigned } from './bank/list-unassigned.ts';
import { readUnassigned, unassignedView } from './bank/unassigned-store.ts';
import * as routes from './routes.ts';
import { handleGatewayEvent } from './handle-gateway-event.ts';

export function paymentsApi(dependencies: PaymentDependencies): BoundRoute[] {
  const { payments } = dependencies;
  return [
    on(routes.postMassPayment, ({ context, body }) => beginMassPayment(dependencies, context, body.invoices)),
    on(routes.listMassPayments, async ({ context, query, listScope }) => {
      const { accountId, now } = context;
      const { status } = query;
      const page = await pageOf(query, listScope, (part) => payments.begun(accountId, { status, now }, part));
      return { body: { ...page, items: page.items.map((each) => massPaymentView(each, now)) } };
    }),
    on(routes.getMassPayment, ({ context, params }) =>
      showMassPayment(dependencies, context, params['massPaymentId']!),
    ),
    on(routes.payMassPayment, async ({ context, params, body }) => {
      const paying = await payingContext(dependencies, context, context.accountId);
      return pay(dependencies, paying, params['massPaymentId']!, body.method);
    }),
    on(routes.cancelMassPayment, ({ context, params }) =>
      cancelMassPayment(dependencies, context, params['massPaymentId']!),
    ),
    on(routes.listPayments, async ({ context, query, listScope }) => {
      const page = await pageOf(query, listScope, (part) => payments.payments(context.accountId, part));
      return { body: { ...page, items: page.items.map(paymentView) } };
    }),
    on(routes.getPayment, async ({ context, params }) => {
      const payment = await payments.payment(context.accountId, params['paymentId']!);
      if (!payment) throw notFound();
      return { body: paymentView(payment), version: payment.version };
    }),
    on(routes.postInvoicePayment, ({ context, params, body }) =>
      recordPayment(dependencies, context, params['invoiceId']!, body),
    ),
    on(routes.postCreditNote, ({ context, params, body }) =>
      creditInvoice(dependencies, context, params['invoiceId']!, body),
    ),
    on(routes.postPayment, ({ context, body }) => recordAccountPayment(dependencies, context, body)),
    on(routes.postRefund, ({ context, params, body }) =>
      refundPayment(dependencies, context, params['paymentId']!, body),
    ),
    ...unassignedMoneyApi(dependencies),
    on(routes.postWebhook, ({ context, params, raw }) =>
      handleGatewayEvent(dependencies, params['gateway']!, raw, context.now),
    ),
  ];
}

function unassignedMoneyApi(dependencies: PaymentDependencies): BoundRoute[] {
  const { table } = dependencies;
  return [
    on(routes.postUnassignedMoney, ({ context, body }) => noteMoney(dependencies, context, body)),
    on(routes.listUnassignedMoney, (request) => showUnassigned(dependencies, request)),
    on(routes.getUnassignedMoney, async ({ params }) => {
      const money = await readUnassigned(table, params['moneyId']!);
      if (!money) throw notFound();
      return { body: unassignedView(money), version: money.version };
    }),
    on(routes.assignUnassignedMoney, ({ context, params, body }) =>
      assignMoney(dependencies, context, params['moneyId']!, body),
    ),
  ];
}
