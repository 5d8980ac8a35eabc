import * as z from 'zod';
import { day, listQuery, money } from '../../shared/http/schemas.ts';
import { domainStatuses, hostName, type DomainStatus } from '../../shared/domains/domain.ts';

const name = z.string().trim().toLowerCase().regex(hostName, 'must be a domain name such as example.com');

const status = z.enum(domainStatuses as [DomainStatus, ...DomainStatus[]]);
const nameservers = z
  .array(z.string().trim().toLowerCase().regex(hostName, 'must be a host name such as ns1.example.net'))
  .min(2, 'must name two nameservers at least')
  .max(13)
  .refine((hosts) => new Set(hosts).size === hosts.length, {
    message: 'must not name a nameserver twice',
    params: { code: 'duplicate' },
  });

export const domain = z.object({
  id: z.string(),
  name: z.string(),
  status,
  registeredOn: day,
  expiresOn: day,
  nextDueOn: day,
  autoRenew: z.boolean(),
  locked: z.boolean(),
  nameservers: z.array(z.string()),
});

export const domainQuery = z.strictObject({
  ...listQuery,
  status: z
    .string()
    .max(200)
    .refine(
      (text) => text.split(',').every((one) => (domainStatuses as string[]).includes(one)),
      `must be some of ${domainStatuses.join(', ')}, between commas`,
    )
    .optional(),
});

export const newDomain = z.strictObject({
  name,
  registeredOn: day,
  expiresOn: day,
  nextDueOn: day.optional(),
  autoRenew: z.boolean().default(true),
  locked: z.boolean().default(true),
  nameservers: nameservers.optional(),
});

export const changeDomain = z.strictObject({
  nameservers: nameservers.optional(),
  locked: z.boolean().optional(),
  autoRenew: z.boolean().optional(),
  /** For staff. */
  expiresOn: day.optional(),
  nextDueOn: day.optional(),
  status: z.enum(['pending', 'active', 'cancelled', 'transferred-away']).optional(),
});

export const renewalQuery = z.strictObject(listQuery);

export const domainRenewal = z.object({
  domainId: z.string(),
  name: z.string(),
  status,
  expiresOn: day,
  nextDueOn: day,
  daysUntilExpiry: z.int(),
  renewable: z.boolean(),
  reason: z.enum(['too-early', 'past-redemption', 'not-renewable']).optional(),
  options: z.array(
    z.object({
      years: z.int(),
      price: money,
      graceFee: money.optional(),
      redemptionFee: money.optional(),
      total: money,
      changesOn: day.optional(),
      totalThen: money.optional(),
    }),
  ),
});
