import { normalAddress } from '../../../shared/accounts/keys.ts';
import { type MailTask, switchOf } from '../../../shared/mail/mail-task.ts';
import type { MailList } from '../../../shared/accounts/people.ts';
import type { Department } from '../../../shared/settings/departments.ts';
import type { Action } from '../../../shared/table/table.ts';
import { peopleOf } from '../../../shared/tickets/recipients.ts';
import { outboxEntry } from '../../../shared/write/outbox-task.ts';
import { mostRecipients } from '../compose.ts';
import type { Readers } from '../find-recipients.ts';

/** Removes the portal's own addresses, which somebody may have entered as a contact's, those who left, and empty groups. */
export function withoutAddresses(
  readers: Readers[],
  { departments, left }: { departments: Department[]; left: ReadonlySet<string> },
): Readers[] {
  const own = new Set(departments.map((department) => normalAddress(department.address)));
  return readers.flatMap((group) => {
    const [to, ...cc] = peopleOf(group.recipients).filter(({ email }) => {
      const address = normalAddress(email);
      return !own.has(address.replace(/\+[^@]*@/, '@')) && !left.has(address);
    });
    return to ? [{ ...group, recipients: { to, cc } }] : [];
  });
}

/** Whether those who read one language get several messages: they are too many, or one of them has to get it alone. */
export function isSplit({ recipients, doubted }: Readers): boolean {
  const { length } = peopleOf(recipients);
  return length > mostRecipients || (length > 1 && doubtedOf({ recipients, doubted }).length > 0);
}

function doubtedOf({ recipients, doubted }: Pick<Readers, 'recipients' | 'doubted'>) {
  return peopleOf(recipients).filter(({ email }) => doubted.has(normalAddress(email)));
}

/** Splits a mail into tasks: one for each language, for each batch of a long list, and for each address in doubt. */
export function splitTask(
  task: MailTask,
  readers: Readers[],
  now: Date,
): { kind: 'done'; rows: Action[]; remind: string[] } {
  const switchedBy = switchOf(task);
  const list = listOf(task);
  const parts = readers.flatMap(({ language, recipients, doubted, limited }) => {
    const alone = doubtedOf({ recipients, doubted });
    const together = peopleOf(recipients).filter((person) => !alone.includes(person));
    const batches = Math.ceil(together.length / mostRecipients);
    const groups = [
      ...Array.from({ length: batches }, (_, batch) =>
        together.slice(batch * mostRecipients, (batch + 1) * mostRecipients),
      ),
      ...alone.map((person) => [person]),
    ];
    return groups.map((group) => {
      const people = group.map(({ email, name }) =>
        limited.has(normalAddress(email)) ? { email, name, limited: true as const } : { email, name },
      );
      const part: MailTask = { ...task, language, audience: { kind: 'people', people, ...list } };
      return outboxEntry(switchedBy === null ? part : { ...part, switchedBy }, now);
    });
  });
  return {
    kind: 'done',
    rows: parts.map((part) => part.action),
    remind: parts.map((part) => part.id),
  };
}

/** The list that a mail, or that of which it is a part, is written to. */
export function listOf({ audience }: MailTask): { list?: MailList } {
  const list = 'list' in audience ? audience.list : undefined;
  return list === undefined ? {} : { list };
}
