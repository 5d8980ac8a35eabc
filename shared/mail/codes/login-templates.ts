import type { Template } from '../templates.ts';

/** Mails about a person's own login. */
export const loginTemplates = {
  'prove-address-code': {
    subject: 'Your code: prove your address',
    text: `Hello,

this code proves to the client portal that this address is yours:

{{ code }}

It works for 15 minutes, in the window in which you asked for it. Nobody of us asks you for it. If you did not ask for
it, do nothing.
`,
    html: `<p>Hello,</p>
<p>this code proves to the client portal that this address is yours:</p>
<p><b>{{ code }}</b></p>
<p>It works for 15 minutes, in the window in which you asked for it. Nobody of us asks you for it. If you did not ask
for it, do nothing.</p>`,
  },
  'new-address-code': {
    subject: 'Your code: a new address for your login',
    text: `Hello,

somebody wants to sign in to the client portal with this address. If that is you, type in this code:

{{ code }}

It works for 15 minutes, in the window in which you asked for it. Nobody of us asks you for it. If you did not ask for
it, do nothing.
`,
    html: `<p>Hello,</p>
<p>somebody wants to sign in to the client portal with this address. If that is you, type in this code:</p>
<p><b>{{ code }}</b></p>
<p>It works for 15 minutes, in the window in which you asked for it. Nobody of us asks you for it. If you did not ask
for it, do nothing.</p>`,
  },
  'address-changing': {
    subject: 'A new address for your login',
    text: `Hello,

somebody who is signed in to the client portal as you asked to sign in with another address: {{ newAddress }}

Once it is confirmed from there, it takes effect 72 hours later. Until then you sign in with this address.

If it was not you, stop it here:
{{ stopUrl }}
Then sign out everywhere and change your password: {{ portalUrl }}
`,
    html: `<p>Hello,</p>
<p>somebody who is signed in to the client portal as you asked to sign in with another address: {{ newAddress }}</p>
<p>Once it is confirmed from there, it takes effect 72 hours later. Until then you sign in with this address.</p>
<p>If it was not you, <a href="{{ stopUrl }}">stop it</a>. Then sign out everywhere and
<a href="{{ portalUrl }}">change your password</a>.</p>`,
  },
  'address-changed': {
    subject: 'Your login has a new address',
    text: `Hello {{ name }},

from now on you sign in to the client portal with {{ newAddress }}, and mail to you goes there: {{ portalUrl }}
`,
    html: `<p>Hello {{ name }},</p>
<p>from now on you sign in to the <a href="{{ portalUrl }}">client portal</a> with {{ newAddress }}, and mail to you goes
there.</p>`,
  },
  'address-kept': {
    subject: 'Your login keeps its address',
    text: `Hello {{ name }},

your login to the client portal did not get the address {{ newAddress }}, as it is in use by now. You sign in with this
one as before: {{ portalUrl }}
`,
    html: `<p>Hello {{ name }},</p>
<p>your login to the <a href="{{ portalUrl }}">client portal</a> did not get the address {{ newAddress }}, as it is in use
by now. You sign in with this one as before.</p>`,
  },
  'second-factor-code': {
    subject: 'Your code: set up a second factor',
    text: `Hello,

somebody who is signed in to the client portal as you is setting up a second factor. If that is you, type in this code:

{{ code }}

It works for 15 minutes, in the window in which you asked for it. Nobody of us asks you for it. If it was not you,
change your password: {{ portalUrl }}
`,
    html: `<p>Hello,</p>
<p>somebody who is signed in to the client portal as you is setting up a second factor. If that is you, type in this
code:</p>
<p><b>{{ code }}</b></p>
<p>It works for 15 minutes, in the window in which you asked for it. Nobody of us asks you for it. If it was not you,
<a href="{{ portalUrl }}">change your password</a>.</p>`,
  },
  'second-factor-set-up': {
    subject: 'Signing in takes your second factor now',
    text: `Hello {{ name }},

a second factor was set up for your login to the client portal. All sessions have ended: sign in anew with your
password and a code of your authenticator: {{ portalUrl }}

If it was not you, answer this mail.
`,
    html: `<p>Hello {{ name }},</p>
<p>a second factor was set up for your login to the client portal. All sessions have ended:
<a href="{{ portalUrl }}">sign in anew</a> with your password and a code of your authenticator.</p>
<p>If it was not you, answer this mail.</p>`,
  },
  'second-factor-removed': {
    subject: 'Signing in takes your password alone now',
    text: `Hello {{ name }},

the second factor of your login to the client portal was removed. If it was not you, change your password and answer
this mail: {{ portalUrl }}
`,
    html: `<p>Hello {{ name }},</p>
<p>the second factor of your login to the client portal was removed. If it was not you,
<a href="{{ portalUrl }}">change your password</a> and answer this mail.</p>`,
  },
} as const satisfies Record<string, Template>;
