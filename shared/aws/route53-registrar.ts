import {
  DomainLimitExceeded,
  DuplicateRequest,
  GetDomainDetailCommand,
  InvalidInput,
  OperationLimitExceeded,
  RenewDomainCommand,
  Route53DomainsClient,
  TLDRulesViolation,
  UnsupportedTLD,
} from '@aws-sdk/client-route-53-domains';
import type { Registrar } from '../domains/registrar.ts';

/** Route 53 Domains answers in one region alone. */
const region = 'us-east-1';

/**
 * Route 53 as the registrar. A renewal there takes its time: it is accepted, and done once the expiry has moved. It names
 * the year of the expiry that it extends, so that asking again for one that was done is refused.
 */
export function route53Registrar(client = new Route53DomainsClient({ region, maxAttempts: 1 })): Registrar {
  return {
    name: 'route53',
    async renew({ name, years, expiresOn }) {
      try {
        await client.send(
          new RenewDomainCommand({
            DomainName: name,
            DurationInYears: years,
            CurrentExpiryYear: Number(expiresOn.slice(0, 4)),
          }),
        );
        return { kind: 'later', reason: 'The registrar is at it.' };
      } catch (error) {
        if (error instanceof DuplicateRequest) return { kind: 'later', reason: 'The registrar is at it.' };
        if (error instanceof OperationLimitExceeded || error instanceof DomainLimitExceeded) {
          return { kind: 'later', reason: 'The registrar takes no more for now.' };
        }
        if (error instanceof TLDRulesViolation || error instanceof UnsupportedTLD) {
          return { kind: 'refused', reason: 'The registry does not allow this renewal.' };
        }
        // Another year than the one it has: it may have been renewed by the call before, whose answer was lost.
        if (error instanceof InvalidInput) return { kind: 'later', reason: 'The registrar did not take it.' };
        throw error;
      }
    },
    async look(name) {
      try {
        const detail = await client.send(new GetDomainDetailCommand({ DomainName: name }));
        const expires = detail.ExpirationDate;
        return expires && { expiresOn: expires.toISOString().slice(0, 10), status: 'active' };
      } catch (error) {
        // It is not in this account any more, or never was.
        if (error instanceof InvalidInput) return undefined;
        throw error;
      }
    },
  };
}
