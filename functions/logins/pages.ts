import type { Language } from '../../shared/language/languages.ts';
import { labelPhrase, type Permission } from '../../shared/access/permissions.ts';
import { isStaffRole, rolePhrase, type StaffRole } from '../../shared/access/staff.ts';
import { escaped, page, words } from '../../shared/http/pages/page.ts';
import type { Reply } from '../../shared/write/idempotency.ts';

const dayAndTime = (instant: string) => ({ day: instant.slice(0, 10), time: instant.slice(11, 16) });

interface Shown {
  accountName: string;
  email: string;
  permissions: readonly { key: Permission | StaffRole }[];
  passwordRequired: boolean;
  /** RFC 3339; null for what begins at once. */
  effectiveAt: string | null;
}

/** The form that accepts an invitation; `incomplete` where the last try lacked something. */
export function invitationPage(language: Language, shown: Shown, incomplete = false): Reply {
  const { email, accountName } = shown;
  const areas = shown.permissions
    .map(({ key }) => (isStaffRole(key) ? rolePhrase(key) : labelPhrase(key)))
    .map(({ key }) => `<li>${words(language, key)}</li>`)
    .join('');
  const fields = shown.passwordRequired
    ? `<p><label>${words(language, 'page.invitation.name')} <input name="name" autocomplete="name" required maxlength="120"></label></p>
<p><label>${words(language, 'page.invitation.password')} <input name="password" type="password" autocomplete="new-password" required minlength="12" maxlength="256"></label></p>`
    : `<p>${words(language, 'page.invitation.passwordStays')}</p>`;
  const begins =
    shown.effectiveAt === null
      ? ''
      : `<p>${words(language, 'page.invitation.effective', dayAndTime(shown.effectiveAt))}</p>`;
  const said = incomplete ? `<p role="alert">${words(language, 'page.invitation.incomplete')}</p>` : '';
  return page(
    language,
    'page.invitation.title',
    `${said}<p>${words(language, 'page.invitation.offer', { email, accountName })}</p>
<ul>${areas}</ul>
${begins}<form method="post">${fields}
<p><button>${words(language, 'page.invitation.accept')}</button></p></form>`,
    incomplete ? 400 : 200,
  );
}

export function acceptedPage(
  language: Language,
  { email, signInUrl }: { email: string; signInUrl: string },
): Reply {
  return page(
    language,
    'page.accepted.title',
    `<p>${words(language, 'page.accepted.signIn', { email })}</p><p><a href="${escaped(signInUrl)}">${words(language, 'page.accepted.link')}</a></p>`,
  );
}

/** The form that stops a change of an address. */
export function addressChangePage(
  language: Language,
  { email, newEmail, effectiveAt }: { email: string; newEmail: string; effectiveAt: string | null },
): Reply {
  const when =
    effectiveAt === null
      ? words(language, 'page.addressChange.unconfirmed')
      : words(language, 'page.addressChange.effective', dayAndTime(effectiveAt));
  return page(
    language,
    'page.addressChange.title',
    `<p>${words(language, 'page.addressChange.asked', { email, newEmail })} ${when}</p>
<p>${words(language, 'page.addressChange.notYou')}</p>
<form method="post"><p><button>${words(language, 'page.addressChange.stop')}</button></p></form>`,
  );
}

export function stoppedPage(
  language: Language,
  { email, signInUrl }: { email: string; signInUrl: string },
): Reply {
  return page(
    language,
    'page.stopped.title',
    `<p>${words(language, 'page.stopped.kept', { email })}</p><p><a href="${escaped(signInUrl)}">${words(language, 'page.accepted.link')}</a></p>`,
  );
}
