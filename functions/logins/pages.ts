import type { Reply } from '../../shared/write/idempotency.ts';

/** Pages without script for links in mails: they work in any browser, signed out. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function page(title: string, body: string, status = 200): Reply {
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title></head>
<body><main><h1>${escaped(title)}</h1>
${body}
</main></body></html>
`;
  return { raw: { contentType: 'text/html; charset=utf-8', bytes: new TextEncoder().encode(html), status } };
}

interface Shown {
  accountName: string;
  email: string;
  permissions: readonly { label: string }[];
  passwordRequired: boolean;
}

/** The form that accepts an invitation; `fault` says what was wrong with the last try. */
export function invitationPage(shown: Shown, fault?: { status: number; message: string }): Reply {
  const areas = shown.permissions.map(({ label }) => `<li>${escaped(label)}</li>`).join('');
  const fields = shown.passwordRequired
    ? `<p><label>Your name <input name="name" autocomplete="name" required maxlength="120"></label></p>
<p><label>Choose a password <input name="password" type="password" autocomplete="new-password" required minlength="12" maxlength="256"></label></p>`
    : '<p>Your password stays as it is.</p>';
  const said = fault ? `<p role="alert">${escaped(fault.message)}</p>` : '';
  return page(
    'Your invitation',
    `${said}<p>${escaped(shown.email)} is invited to ${escaped(shown.accountName)}, with:</p>
<ul>${areas}</ul>
<form method="post">${fields}
<p><button>Accept</button></p></form>`,
    fault?.status,
  );
}

export function acceptedPage({ email, signInUrl }: { email: string; signInUrl: string }): Reply {
  return page(
    'Accepted',
    `<p>You can sign in with ${escaped(email)} now.</p><p><a href="${escaped(signInUrl)}">Sign in</a></p>`,
  );
}

/** The form that stops a change of an address. */
export function addressChangePage(shown: {
  email: string;
  newEmail: string;
  effectiveAt: string | null;
}): Reply {
  const when =
    shown.effectiveAt === null
      ? 'It is not confirmed from there yet.'
      : `It takes effect on ${shown.effectiveAt.slice(0, 16).replace('T', ' at ')} UTC.`;
  return page(
    'A new address for your login',
    `<p>Somebody signed in as ${escaped(shown.email)} asked to sign in with ${escaped(shown.newEmail)} instead. ${when}</p>
<p>If it was not you, stop it here. Then sign out everywhere and change your password.</p>
<form method="post"><p><button>Stop this change</button></p></form>`,
  );
}

export function stoppedPage({ email, signInUrl }: { email: string; signInUrl: string }): Reply {
  return page(
    'Stopped',
    `<p>Your login keeps the address ${escaped(email)}.</p><p><a href="${escaped(signInUrl)}">Sign in</a></p>`,
  );
}

export function closedPage(message: string, status: number): Reply {
  return page('This link does not work', `<p>${escaped(message)}</p>`, status);
}
