import * as z from 'zod';
import { accountPath, route } from '../../shared/http/route.ts';
import { listOf, plainListQuery } from '../../shared/http/schemas.ts';

export const listInvoices = route({
  method: 'GET',
  path: `${accountPath}/invoices`,
  permission: 'invoices',
  summary: 'The account’s invoices; none are raised yet',
  query: plainListQuery,
  success: 200,
  answer: listOf(z.object({ id: z.string() })),
});

export const invoicesRoutes = [listInvoices];
