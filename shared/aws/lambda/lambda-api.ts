import { systemClock } from '../../core/clock.ts';
import type { BoundRoute } from '../../http/request.ts';
import { serve } from '../../http/serve.ts';
import type { Table } from '../../table/table.ts';
import { environment, optionalEnvironment } from './environment.ts';

/**
 * The Lambda behind the gateway for one capability, with the real clock and what the environment says of the portal.
 * @throws Error naming the missing environment variables
 */
export function lambdaApi(table: Table, handlers: readonly BoundRoute[]) {
  const { PORTAL_URL, CURSOR_KEY } = environment('PORTAL_URL', 'CURSOR_KEY');
  const providerName = optionalEnvironment('PROVIDER_NAME');
  return serve(
    { table, clock: systemClock, providerName, portalUrl: PORTAL_URL, cursorKey: CURSOR_KEY },
    handlers,
  );
}
