import { systemClock } from '../../core/clock.ts';
import type { BoundRoute } from '../../http/request.ts';
import { serve } from '../../http/serve.ts';
import type { Table } from '../../table/table.ts';
import { optionalEnvironment } from './environment.ts';

/** The Lambda behind the gateway for one capability, with the real clock and the provider's name. */
export function lambdaApi(table: Table, handlers: readonly BoundRoute[]) {
  return serve({ table, clock: systemClock, providerName: optionalEnvironment('PROVIDER_NAME') }, handlers);
}
