import { defaultLanguage, languages } from '../../shared/language/languages.ts';
import * as z from 'zod';
import { route } from '../../shared/http/route.ts';
import { isCurrency, largestAmount } from '../../shared/core/money.ts';
import { isTimeZone } from '../../shared/core/day.ts';
import { isNetwork } from '../../shared/core/network.ts';
import { isDomainName } from '../../shared/core/domain-name.ts';
import { mostNetworks, mostPublicDomains } from '../../shared/settings/settings.ts';
import { currency, day, email, line, listOf, percentage } from '../../shared/http/schemas.ts';
import { templateNames } from '../../shared/mail/templates.ts';
import { mostDepartments } from '../../shared/settings/departments.ts';
import { exchangeRates, taxRules } from './tax-rules.ts';

/** The settings with flat keys, as `shared/settings/settings.ts` declares them. */
const settings = z.object({
  'linkedAccounts.management': z.boolean(),
  'linkedAccounts.independentAccess': z.boolean(),
  'linkedAccounts.subAccountsMayOrder': z.boolean(),
  'tickets.copyContactsOnOwnersTickets': z.boolean(),
  'tickets.closeAfterDays': z.int().min(2).max(365),
  'orders.staffApproval': z.boolean(),
  'staff.secondFactor': z.boolean(),
  'mail.hourlyLimit': z.int().min(1).max(10_000),
  'mail.publicDomains': z
    .array(z.string().refine(isDomainName, 'must be a domain such as example.com'))
    .max(mostPublicDomains),
  'mail.unprovenSenders': z.enum(['confirm', 'quarantine']),
  'mail.strangersPerDay': z.int().min(0).max(1000),
  'mail.sharedNetworks': z
    .array(z.string().max(50).refine(isNetwork, 'must be a network such as 192.0.2.0/24 or 2001:db8::/32'))
    .max(mostNetworks),
  'portal.signUpUrl': z
    .string()
    .max(300)
    .regex(/^(https:\/\/\S+)?$/, 'must be an https address, or empty'),
  timeZone: z.string().refine(isTimeZone, 'must be a time zone such as Europe/London'),
  'invoices.defaultTaxRate': percentage,
  'tax.rules': taxRules,
  'tax.exchangeRates': exchangeRates,
  'invoices.dueDays': z.int().min(0).max(365),
  invoiceDaysBefore: z.int().min(0).max(90),
  'services.pausesPerYear': z.int().min(0).max(10),
  'services.longestPauseDays': z.int().min(1).max(365),
  'services.pauseFee': z.record(currency, z.int().min(0).max(largestAmount)),
  'provider.currency': z
    .string()
    .refine((code) => code === '' || isCurrency(code), 'must be a currency of ISO 4217, or empty'),
  'provider.name': z.string().trim().max(120),
  'provider.address': z.string().max(500),
  'provider.taxId': z.string().max(40),
  'provider.invoiceFooter': z.string().max(500),
  'provider.logo': z
    .string()
    .max(100_000)
    .regex(/^(data:image\/(png|jpeg);base64,[A-Za-z0-9+/=]+)?$/, 'must be a PNG or JPEG as a data URL'),
  'payments.bankInstructions': z.string().max(2000),
  'payments.bankDays': z.int().min(1).max(60),
  /** The last day on which nothing is booked any more; null for none. */
  'books.closedUntil': day.nullable(),
});

const department = z.object({
  id: z.string(),
  name: z.string(),
  address: z.string(),
  clientsOnly: z.boolean(),
  repliesOnly: z.boolean(),
  guests: z.boolean(),
});

const writtenDepartment = z.strictObject({
  id: z
    .string()
    .regex(/^dep_\w{1,40}$/)
    .optional(),
  name: line(80),
  address: email,
  clientsOnly: z.boolean().default(false),
  repliesOnly: z.boolean().default(false),
  guests: z.boolean().default(false),
});

const language = z.enum(languages);
const inLanguage = z.strictObject({ language: language.default(defaultLanguage) });

const template = z.object({
  name: z.enum(templateNames),
  language,
  subject: z.string(),
  text: z.string(),
  html: z.string(),
  placeholders: z.array(z.string()),
});

export const getSettings = route({
  method: 'GET',
  path: '/v1/staff/settings',
  permission: 'staff:settings',
  summary: 'The provider’s settings',
  success: 200,
  answer: settings,
});

export const putSettings = route({
  method: 'PUT',
  path: '/v1/staff/settings',
  permission: 'staff:settings',
  summary: 'Change the settings that are named; the others stay',
  body: z.strictObject(settings.partial().shape),
  success: 200,
  answer: settings,
});

export const getDepartments = route({
  method: 'GET',
  path: '/v1/staff/departments',
  permission: 'staff:settings',
  summary: 'The departments; the first is the default',
  success: 200,
  answer: listOf(department),
});

export const putDepartments = route({
  method: 'PUT',
  path: '/v1/staff/departments',
  permission: 'staff:settings',
  summary: 'Replace the departments; one with an id that exists keeps its tickets',
  body: z.strictObject({ items: z.array(writtenDepartment).min(1).max(mostDepartments) }),
  success: 200,
  answer: listOf(department),
});

export const listTemplates = route({
  method: 'GET',
  path: '/v1/staff/mail-templates',
  permission: 'staff:settings',
  summary: 'Every mail template of a language as it is now',
  query: inLanguage,
  success: 200,
  answer: listOf(template),
});

export const getTemplate = route({
  method: 'GET',
  path: '/v1/staff/mail-templates/{name}',
  permission: 'staff:settings',
  summary: 'One mail template in a language',
  query: inLanguage,
  success: 200,
  answer: template,
});

export const putTemplate = route({
  method: 'PUT',
  path: '/v1/staff/mail-templates/{name}',
  permission: 'staff:settings',
  summary: 'Change a mail template; a broken one is refused with its line, and the stored one stays',
  query: inLanguage,
  body: z.strictObject({
    subject: line(300),
    text: z.string().min(1).max(50_000),
    html: z.string().min(1).max(100_000),
  }),
  success: 200,
  answer: template,
});

export const configurationRoutes = [
  getSettings,
  putSettings,
  getDepartments,
  putDepartments,
  listTemplates,
  getTemplate,
  putTemplate,
];
