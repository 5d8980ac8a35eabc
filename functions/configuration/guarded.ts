import { hasRole } from '../../shared/access/staff.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { roleRefusal } from '../../shared/http/refusal.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import type { TemplateName } from '../../shared/mail/templates.ts';
import type { Settings } from '../../shared/settings/settings.ts';

/** Settings by which somebody could take over money, logins or mail: an administrator's to change. */
const guardedPrefixes = ['payments.', 'provider.', 'staff.', 'tax.', 'books.'];
const guardedKeys = new Set(['mail.unprovenSenders', 'mail.sharedNetworks', 'orders.staffApproval']);

/** Mails whose links people trust with a password or with money. */
const guardedTemplates: ReadonlySet<TemplateName> = new Set([
  'invitation',
  'access-given',
  'staff-invitation',
  'payment-received',
  'payment-refunded',
  'payment-disputed',
  'payment-taken-back',
  'payment-restored',
]);

/** Of a value, in the mail about its change: a logo is long. */
const longestShown = 200;

/**
 * The mail to all administrators about the guarded settings that change; none where none does.
 * @throws Problem `role-required` where the caller is no administrator
 */
export function guardedChanges(context: RequestContext, before: Settings, after: Settings): MailTask[] {
  const changed = (Object.keys(after) as (keyof Settings)[]).filter(
    (key) => isGuarded(key) && JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  if (changed.length === 0) return [];
  requireAdministrator(context);
  return [
    told(
      context,
      changed.map((key) => `${key}: ${shown(before[key])} → ${shown(after[key])}`),
    ),
  ];
}

/**
 * The mail to all administrators about a change of a guarded template; none for others.
 * @throws Problem `role-required` where the caller is no administrator
 */
export function guardedTemplate(context: RequestContext, name: TemplateName): MailTask[] {
  if (!guardedTemplates.has(name)) return [];
  requireAdministrator(context);
  const phrase = { key: 'mail.configurationChanged.template' as const, values: { name } };
  return [told(context, [`mail template ${name}`], { changes: [phrase] })];
}

function isGuarded(key: string): boolean {
  return guardedKeys.has(key) || guardedPrefixes.some((prefix) => key.startsWith(prefix));
}

function requireAdministrator({ authority }: RequestContext): void {
  if (authority.kind === 'staff' && hasRole(authority.staff, 'administrator')) return;
  throw roleRefusal({ role: 'administrator', required: null });
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}…`;
}

function told(
  { actor }: RequestContext,
  changes: string[],
  words: NonNullable<MailTask['words']> = {},
): MailTask {
  return {
    kind: 'mail',
    template: 'configuration-changed',
    accountId: null,
    mailKind: 'general',
    audience: { kind: 'administrators' },
    data: { changedBy: actor.name, changes },
    words,
    thread: null,
    inReplyTo: null,
  };
}
