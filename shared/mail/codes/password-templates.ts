import type { Template } from '../templates.ts';

/** The mails about a person's own login. */
export const passwordTemplates = {
  'password-code': {
    subject: 'Your code for a new password',
    text: `Hello {{ name }},

your code is {{ code }}

Enter it where you asked for a new password. It works for an hour. If you did not ask for it, leave it: your password
stays as it is, and without this code nobody can change it.

{{ portalUrl }}
`,
    html: `<p>Hello {{ name }},</p>
<p>your code is <b>{{ code }}</b></p>
<p>Enter it where you asked for a new password. It works for an hour. If you did not ask for it, leave it: your password
stays as it is, and without this code nobody can change it.</p>
<p><a href="{{ portalUrl }}">Open the portal</a></p>`,
  },
  'first-password': {
    subject: 'Your login for the client portal',
    text: `Hello {{ name }},

a login was made for you in the client portal. Sign in with this address and the password

{{ code }}

within seven days; you are asked to choose your own password then.

{{ portalUrl }}
`,
    html: `<p>Hello {{ name }},</p>
<p>a login was made for you in the client portal. Sign in with this address and the password <b>{{ code }}</b> within
seven days; you are asked to choose your own password then.</p>
<p><a href="{{ portalUrl }}">Open the portal</a></p>`,
  },
  'password-recovered': {
    subject: 'Your password was changed',
    text: `Hello {{ name }},

a new password was chosen for your login with a code that was mailed to this address. Everybody who was signed in with it
has to sign in again.

If that was not you, somebody can read your mail: choose another password for your mailbox, then ask for a new one here:
{{ portalUrl }}
`,
    html: `<p>Hello {{ name }},</p>
<p>a new password was chosen for your login with a code that was mailed to this address. Everybody who was signed in with it
has to sign in again.</p>
<p>If that was not you, somebody can read your mail: choose another password for your mailbox, then
<a href="{{ portalUrl }}">ask for a new one here</a>.</p>`,
  },
} as const satisfies Record<string, Template>;
