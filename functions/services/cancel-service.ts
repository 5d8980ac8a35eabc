import { conflict } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { nextServiceStatus, notPaused, type Service } from '../../shared/services/service.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import {
  freeComingPeriod,
  saveServiceChange,
  loadService,
  type ManageDependencies,
} from '../../shared/services/load-service.ts';

/** Ends a service now, or with its paid period. Its coming period is not invoiced any more. */
export async function cancelService(
  dependencies: ManageDependencies,
  context: RequestContext,
  serviceId: string,
  { when, reason }: { when: 'now' | 'period-end'; reason: string },
): Promise<Reply> {
  const loaded = await loadService(dependencies, context, serviceId);
  const { service, today } = loaded;
  const ended = when === 'now' ? endedNow(service, today) : endingLater(service, today);
  const { freed, ...off } = await freeComingPeriod(dependencies, loaded, context.now);
  const action = when === 'now' ? 'service.cancelled' : 'service.cancellation-scheduled';
  return saveServiceChange(
    dependencies,
    context,
    loaded,
    { ...ended, ...freed },
    { action, reason, more: [off] },
  );
}

/** Nothing is due any more: a payment for a further period is credited. */
function endedNow(service: Service, today: string): Service {
  const status = nextServiceStatus(service, 'cancel', today);
  return { ...service, status, cancelsOn: today, nextDueOn: null, plannedChange: null, ...notPaused };
}

function endingLater(service: Service, today: string): Service {
  nextServiceStatus(service, 'cancel-later', today);
  const { name, nextDueOn, cancelsOn } = service;
  if (cancelsOn !== null) throw conflict(`${name} ends on ${cancelsOn} already.`);
  if (nextDueOn === null) throw conflict(`${name} has no period that ends: it can be cancelled now.`);
  return { ...service, cancelsOn: nextDueOn, plannedChange: null };
}
