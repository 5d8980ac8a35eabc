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

/** The only region of Route 53 Domains. */
const region = 'us-east-1';

/**
 * Route 53 as the registrar. A renewal is asynchronous: it is accepted at once, and complete when the expiry has moved.
 * It names the year of the expiry that it extends, so that repeating a completed one is refused.
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
        // The expiry year differs: an earlier call whose answer was lost may have renewed the domain.
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
        // The domain is not in this AWS account.
        if (error instanceof InvalidInput) return undefined;
        throw error;
      }
    },
  };
}
