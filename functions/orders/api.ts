import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { orderView } from '../../shared/orders/order.ts';
import { cancelOrder } from './cancel-order.ts';
import {
  addProduct,
  addRenewals,
  changeItem,
  emptyCart,
  removeItem,
  setForAccount,
  showCart,
} from './cart/change-cart.ts';
import type { OrderDependencies } from './bill-order.ts';
import { checkout } from './checkout.ts';
import { approveAsMain, rejectAsMain } from './decide-as-main.ts';
import { approveAsStaff, rejectAsStaff } from './decide-as-staff.ts';
import { listOrders } from '../../shared/orders/list-orders.ts';
import * as routes from './routes.ts';

export function ordersApi(dependencies: OrderDependencies): BoundRoute[] {
  const { orders } = dependencies;
  return [
    on(routes.getCart, ({ context }) => showCart(dependencies, context)),
    on(routes.putCart, ({ context, body }) => setForAccount(dependencies, context, body.forAccountId)),
    on(routes.deleteCart, ({ context }) => emptyCart(dependencies, context)),
    on(routes.postCartRenewals, ({ context, body }) => addRenewals(dependencies, context, body.renewals)),
    on(routes.postCartItem, ({ context, body }) => addProduct(dependencies, context, body)),
    on(routes.patchCartItem, ({ context, params, body }) =>
      changeItem(dependencies, context, params['itemId']!, body),
    ),
    on(routes.deleteCartItem, ({ context, params }) => removeItem(dependencies, context, params['itemId']!)),
    on(routes.postCheckout, ({ context, body }) => checkout(dependencies, context, body.paymentMethod)),
    on(routes.listOrders, async ({ context, query, listScope }) => {
      const page = await pageOf(query, listScope, (part) => listOrders(dependencies, context, part));
      return { body: { ...page, items: page.items.map((order) => orderView(order, context)) } };
    }),
    on(routes.getOrder, async ({ context, params }) => {
      const order = await orders.get(context.accountId, params['orderId']!);
      if (!order) throw notFound();
      return { body: orderView(order, context), version: order.version };
    }),
    on(routes.approveOrder, ({ context, params, body }) =>
      approveAsMain(dependencies, context, params['orderId']!, body.paymentMethod),
    ),
    on(routes.rejectOrder, ({ context, params, body }) =>
      rejectAsMain(dependencies, context, params['orderId']!, body.reason),
    ),
    on(routes.listStaffOrders, async ({ query, listScope }) => {
      const page = await pageOf(query, listScope, (part) => orders.inStatus(query.status, part));
      return { body: { ...page, items: page.items.map((order) => orderView(order)) } };
    }),
    on(routes.approveStaffOrder, ({ context, params, body }) =>
      approveAsStaff(dependencies, context, params['orderId']!, body.startOn),
    ),
    on(routes.rejectStaffOrder, ({ context, params, body }) =>
      rejectAsStaff(dependencies, context, params['orderId']!, body),
    ),
    on(routes.cancelOrder, ({ context, params }) => cancelOrder(dependencies, context, params['orderId']!)),
  ];
}
