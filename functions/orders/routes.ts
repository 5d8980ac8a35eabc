import { accountPath, route } from '../../shared/http/route.ts';
import { listOf } from '../../shared/http/schemas.ts';
import * as schemas from './schemas.ts';

const cartPath = `${accountPath}/cart` as const;
const orderPath = `${accountPath}/orders/{orderId}` as const;

export const getCart = route({
  method: 'GET',
  path: cartPath,
  permission: 'orders',
  summary: 'The caller’s cart at the prices of now',
  success: 200,
  answer: schemas.cart,
});

export const putCart = route({
  method: 'PUT',
  path: cartPath,
  permission: 'orders',
  summary: 'Say for which account the cart is',
  body: schemas.putCart,
  success: 200,
  answer: schemas.cart,
});

export const deleteCart = route({
  method: 'DELETE',
  path: cartPath,
  permission: 'orders',
  summary: 'Empty the cart',
  success: 204,
  answer: null,
});

export const postCartRenewals = route({
  method: 'POST',
  path: `${cartPath}/domain-renewals`,
  permission: 'orders',
  summary: 'Put renewals into the cart, or change their periods',
  body: schemas.addRenewals,
  success: 200,
  answer: schemas.cart,
});

export const postCartItem = route({
  method: 'POST',
  path: `${cartPath}/items`,
  permission: 'orders',
  summary: 'Put a product into the cart',
  body: schemas.addItem,
  success: 200,
  answer: schemas.cart,
});

export const patchCartItem = route({
  method: 'PATCH',
  path: `${cartPath}/items/{itemId}`,
  permission: 'orders',
  summary: 'Change a line’s quantity, cycle or years',
  body: schemas.changeItem,
  success: 200,
  answer: schemas.cart,
});

export const deleteCartItem = route({
  method: 'DELETE',
  path: `${cartPath}/items/{itemId}`,
  permission: 'orders',
  summary: 'Take a line out of the cart',
  success: 200,
  answer: schemas.cart,
});

export const postCheckout = route({
  method: 'POST',
  path: `${cartPath}/checkout`,
  permission: 'orders',
  summary: 'Make an order and its invoice of the cart, and begin to pay it where a method is given',
  body: schemas.checkout,
  success: 201,
  answer: schemas.checkedOut,
});

export const listOrders = route({
  method: 'GET',
  path: `${accountPath}/orders`,
  permission: 'orders',
  summary: 'Orders of the account, for it and beneath it, newest first',
  query: schemas.orderQuery,
  success: 200,
  answer: listOf(schemas.order),
});

export const getOrder = route({
  method: 'GET',
  path: orderPath,
  permission: 'orders',
  summary: 'One order',
  success: 200,
  answer: schemas.order,
});

export const approveOrder = route({
  method: 'POST',
  path: `${orderPath}/approve`,
  permission: 'orders',
  summary: 'The main account approves an order that waits for it, by paying',
  body: schemas.approveOrder,
  success: 200,
  answer: schemas.checkedOut,
});

export const rejectOrder = route({
  method: 'POST',
  path: `${orderPath}/reject`,
  permission: 'orders',
  summary: 'The main account rejects an order that waits for it',
  body: schemas.rejectOrder,
  success: 200,
  answer: schemas.order,
});

export const cancelOrder = route({
  method: 'POST',
  path: `${orderPath}/cancel`,
  permission: 'orders',
  summary: 'Take back an order that was not paid',
  success: 200,
  answer: schemas.order,
});

export const listStaffOrders = route({
  method: 'GET',
  path: '/v1/staff/orders',
  permission: 'staff:sales',
  summary: 'Orders over all accounts in one status, the longest waiting first',
  query: schemas.staffOrderQuery,
  success: 200,
  answer: listOf(schemas.order),
});

export const approveStaffOrder = route({
  method: 'POST',
  path: '/v1/staff/orders/{orderId}/approve',
  permission: 'staff:sales',
  summary: 'Let a paid order start on a day',
  body: schemas.approveStaffOrder,
  success: 200,
  answer: schemas.order,
});

export const rejectStaffOrder = route({
  method: 'POST',
  path: '/v1/staff/orders/{orderId}/reject',
  permission: 'staff:sales',
  summary: 'Reject an order; what was paid for it becomes credit',
  body: schemas.rejectStaffOrder,
  success: 200,
  answer: schemas.order,
});

export const ordersRoutes = [
  getCart,
  putCart,
  deleteCart,
  postCartRenewals,
  postCartItem,
  patchCartItem,
  deleteCartItem,
  postCheckout,
  listOrders,
  getOrder,
  approveOrder,
  rejectOrder,
  cancelOrder,
  listStaffOrders,
  approveStaffOrder,
  rejectStaffOrder,
];
