import { billingTemplates } from './billing-templates.ts';
import { loginTemplates } from './codes/login-templates.ts';
import { passwordTemplates } from './codes/password-templates.ts';
import { renewalTemplates } from './renewal-templates.ts';

import type { Template, TemplateName } from './templates.ts';

/** The Liquid template of every mail; the filter `paragraphs` turns multi-line text into HTML. */
export const defaultTemplates: Record<TemplateName, Template> = {
  invitation: {
    subject: 'An invitation to the client portal',
    text: `Hello,

{{ invitedBy }} invites {{ name }} to {{ accountName }} in the client portal, with:
{% for permission in permissions %}  - {{ permission }}
{% endfor %}
Choose your password and accept here, within 7 days:
{{ invitationUrl }}
`,
    html: `<p>Hello,</p>
<p>{{ invitedBy }} invites {{ name }} to {{ accountName }} in the client portal, with:</p>
<ul>{% for permission in permissions %}<li>{{ permission }}</li>{% endfor %}</ul>
<p><a href="{{ invitationUrl }}">Choose your password and accept</a>, within 7 days.</p>`,
  },
  'access-given': {
    subject: 'Access to one more account in the client portal',
    text: `Hello,

{{ givenBy }} offers {{ name }} access to {{ accountName }} with the login that you have:
{% for permission in permissions %}  - {{ permission }}
{% endfor %}
Accept it here, within 7 days:
{{ invitationUrl }}
`,
    html: `<p>Hello,</p>
<p>{{ givenBy }} offers {{ name }} access to {{ accountName }} with the login that you have:</p>
<ul>{% for permission in permissions %}<li>{{ permission }}</li>{% endfor %}</ul>
<p><a href="{{ invitationUrl }}">Accept it</a>, within 7 days.</p>`,
  },
  'staff-invitation': {
    subject: 'An invitation to the staff of the client portal',
    text: `Hello,

{{ invitedBy }} invites {{ name }} to work in the client portal, as:
{% for role in roles %}  - {{ role }}
{% endfor %}
Accept here, within 7 days:
{{ invitationUrl }}
`,
    html: `<p>Hello,</p>
<p>{{ invitedBy }} invites {{ name }} to work in the client portal, as:</p>
<ul>{% for role in roles %}<li>{{ role }}</li>{% endfor %}</ul>
<p><a href="{{ invitationUrl }}">Accept it</a>, within 7 days.</p>`,
  },
  'staff-changed': {
    subject: 'Staff of the client portal: a change',
    text: `{% if resetBecause != '' %}{{ changedBy }} reset the second factor of {{ name }} ({{ email }}): {{ resetBecause }}
{% else %}{{ changedBy }} changed the roles of {{ name }} ({{ email }}).
{% endif %}
Before: {% if before.size == 0 %}none{% else %}{{ before | join: ', ' }}{% endif %}
Now: {% if after.size == 0 %}none{% else %}{{ after | join: ', ' }}{% endif %}
`,
    html: `<p>{% if resetBecause != '' %}{{ changedBy }} reset the second factor of {{ name }} ({{ email }}): {{ resetBecause }}{% else %}{{ changedBy }} changed the roles of {{ name }} ({{ email }}).{% endif %}</p>
<p>Before: {% if before.size == 0 %}none{% else %}{{ before | join: ', ' }}{% endif %}<br>
Now: {% if after.size == 0 %}none{% else %}{{ after | join: ', ' }}{% endif %}</p>`,
  },
  'configuration-changed': {
    subject: 'Settings of the client portal: a change',
    text: `{{ changedBy }} changed:
{% for change in changes %}  - {{ change }}
{% endfor %}`,
    html: `<p>{{ changedBy }} changed:</p>
<ul>{% for change in changes %}<li>{{ change }}</li>{% endfor %}</ul>`,
  },
  'account-closed': {
    subject: 'Your account in the client portal was closed',
    text: `Hello,

{{ accountName }} was closed, and nobody signs in to it any more.
If you did not expect this, answer this mail.
`,
    html: `<p>Hello,</p>
<p>{{ accountName }} was closed, and nobody signs in to it any more.</p>
<p>If you did not expect this, answer this mail.</p>`,
  },
  'access-requested': {
    subject: '{{ requestedBy }} asks for access to {{ accountName }}',
    text: `{{ requestedBy }} asks for access to:
{% for permission in permissions %}  - {{ permission }}
{% endfor %}
{{ message }}

Approve or reject it under Contacts: {{ portalUrl }}
`,
    html: `<p>{{ requestedBy }} asks for access to:</p>
<ul>{% for permission in permissions %}<li>{{ permission }}</li>{% endfor %}</ul>
{{ message | paragraphs }}
<p>Approve or reject it under <a href="{{ portalUrl }}">Contacts</a>.</p>`,
  },
  'access-decided': {
    subject: 'Your request for access to {{ accountName }} was {{ decision }}',
    text: `Hello {{ name }},

{{ decidedBy }} has {{ decision }} your request for:
{% for permission in permissions %}  - {{ permission }}
{% endfor %}
{{ portalUrl }}
`,
    html: `<p>Hello {{ name }},</p>
<p>{{ decidedBy }} has {{ decision }} your request for:</p>
<ul>{% for permission in permissions %}<li>{{ permission }}</li>{% endfor %}</ul>
<p><a href="{{ portalUrl }}">Open the portal</a></p>`,
  },
  'account-changed': {
    subject: 'A change of your account in the client portal',
    text: `Hello,

this was changed of {{ accountName }}, whose owner you are:
{% for change in changes %}  - {{ change }}
{% endfor %}
Changed by: {{ changedBy }}

You find it in the account’s activity. If it is not right, change it back there, or ask us.
`,
    html: `<p>Hello,</p>
<p>this was changed of {{ accountName }}, whose owner you are:</p>
<ul>{% for change in changes %}<li>{{ change }}</li>{% endfor %}</ul>
<p>Changed by: {{ changedBy }}</p>
<p>You find it in the account’s activity. If it is not right, change it back there, or ask us.</p>`,
  },
  'ticket-opened': {
    subject: '[Ticket ID: {{ number }}] {{ subject }}',
    text: `{{ openedBy }} opened ticket {{ number }} for {{ accountName }}:

{{ message }}

{% for file in attachments %}Attached: {{ file }}
{% endfor %}
Answer this mail to add to it, or read it here: {{ ticketUrl }}
`,
    html: `<p>{{ openedBy }} opened ticket {{ number }} for {{ accountName }}:</p>
{{ message | paragraphs }}
{% for file in attachments %}<p>Attached: {{ file }}</p>{% endfor %}
<p>Answer this mail to add to it, or <a href="{{ ticketUrl }}">read it in the portal</a>.</p>`,
  },
  'ticket-reply': {
    subject: '[Ticket ID: {{ number }}] {{ subject }}',
    text: `{{ author }} wrote:

{{ message }}

{% for file in attachments %}Attached: {{ file }}
{% endfor %}
Answer this mail to reply, or read the ticket here: {{ ticketUrl }}
`,
    html: `<p>{{ author }} wrote:</p>
{{ message | paragraphs }}
{% for file in attachments %}<p>Attached: {{ file }}</p>{% endfor %}
<p>Answer this mail to reply, or <a href="{{ ticketUrl }}">read the ticket in the portal</a>.</p>`,
  },
  'ticket-closing': {
    subject: '[Ticket ID: {{ number }}] {{ subject }}',
    text: `We have not heard from you about ticket {{ number }} of {{ accountName }}.

It will be closed on {{ closesOn }}. If you still need help, answer this mail.
{{ ticketUrl }}
`,
    html: `<p>We have not heard from you about ticket {{ number }} of {{ accountName }}.</p>
<p>It will be closed on {{ closesOn }}. If you still need help, answer this mail or
<a href="{{ ticketUrl }}">open the ticket in the portal</a>.</p>`,
  },
  'ticket-closed': {
    subject: '[Ticket ID: {{ number }}] {{ subject }}',
    text: `Ticket {{ number }} of {{ accountName }} was closed, because nothing was heard for a while.

Answer this mail to open it again.
{{ ticketUrl }}
`,
    html: `<p>Ticket {{ number }} of {{ accountName }} was closed, because nothing was heard for a while.</p>
<p>Answer this mail to open it again, or <a href="{{ ticketUrl }}">read it in the portal</a>.</p>`,
  },
  'replies-only': {
    subject: 'Your message: {{ subject }}',
    text: `Hello,

thank you for your message. This address takes answers to tickets and opens no new ones.
Please open a ticket in the portal: {{ portalUrl }}
`,
    html: `<p>Hello,</p>
<p>thank you for your message. This address takes answers to tickets and opens no new ones.</p>
<p>Please <a href="{{ portalUrl }}">open a ticket in the portal</a>.</p>`,
  },
  'unknown-sender': {
    subject: 'Your message: {{ subject }}',
    text: `Hello,

thank you for your message. We do not know this address, so we could not open a ticket for it.
If you are a client, please write from the address that your account knows, or sign up here:
{{ signUpUrl }}
`,
    html: `<p>Hello,</p>
<p>thank you for your message. We do not know this address, so we could not open a ticket for it.</p>
<p>If you are a client, please write from the address that your account knows, or
<a href="{{ signUpUrl }}">sign up here</a>.</p>`,
  },
  ...passwordTemplates,
  ...loginTemplates,
  ...billingTemplates,

  ...renewalTemplates,
};
