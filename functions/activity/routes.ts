import * as z from 'zod';
import { accountPath, route } from '../../shared/http/route.ts';
import { actor, listOf, plainListQuery } from '../../shared/http/schemas.ts';

const facts = z.record(z.string(), z.unknown()).nullable();

export const listActivity = route({
  method: 'GET',
  path: `${accountPath}/activity`,
  permission: 'contacts',
  summary: 'Who did what in this account, newest first, of the areas that one holds',
  query: plainListQuery,
  success: 200,
  answer: listOf(
    z.object({
      id: z.string(),
      at: z.string(),
      actor,
      action: z.string(),
      subject: actor,
      before: facts,
      after: facts,
    }),
  ),
});

export const activityRoutes = [listActivity];
