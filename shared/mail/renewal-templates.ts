import type { Template } from './templates.ts';

/** Liquid templates of the mails about orders, domains and renewals. */
export const renewalTemplates = {
  'order-waiting': {
    subject: 'Service order: {{ orderedBy }} of {{ linkedAccountName }} asks for approval',
    text: `{{ orderedBy }} of {{ linkedAccountName }} ordered for {{ total }}, which {{ accountName }} would be billed for:

{% for item in items %}  - {{ item }}
{% endfor %}
Approve it by paying, or reject it, here: {{ orderUrl }}
`,
    html: `<p>{{ orderedBy }} of {{ linkedAccountName }} ordered for <b>{{ total }}</b>, which {{ accountName }} would be billed for:</p>
<ul>{% for item in items %}<li>{{ item }}</li>{% endfor %}</ul>
<p><a href="{{ orderUrl }}">Approve it by paying, or reject it</a></p>`,
  },
  'order-approved': {
    subject: 'Your order for {{ accountName }} was approved',
    text: `Your order for {{ accountName }} was approved and starts on {{ startOn }}:

{% for item in items %}  - {{ item }}
{% endfor %}
{{ orderUrl }}
`,
    html: `<p>Your order for {{ accountName }} was approved and starts on {{ startOn }}:</p>
<ul>{% for item in items %}<li>{{ item }}</li>{% endfor %}</ul>
<p><a href="{{ orderUrl }}">See the order</a></p>`,
  },
  'order-rejected': {
    subject: 'Your order for {{ accountName }} was rejected',
    text: `Your order for {{ accountName }} was rejected: {{ reason }}

{% for item in items %}  - {{ item }}
{% endfor %}
{% if amount != "" %}What was paid for it, {{ amount }}, is credit of your account now.
{% endif %}{{ orderUrl }}
`,
    html: `<p>Your order for {{ accountName }} was rejected: {{ reason }}</p>
<ul>{% for item in items %}<li>{{ item }}</li>{% endfor %}</ul>
{% if amount != "" %}<p>What was paid for it, {{ amount }}, is credit of your account now.</p>
{% endif %}<p><a href="{{ orderUrl }}">See the order</a></p>`,
  },
  'domain-renewed': {
    subject: '{{ domain }} was renewed',
    text: `{{ domain }} of {{ accountName }} was renewed ({{ years }}) and expires on {{ expiresOn }} now.

{{ domainUrl }}
`,
    html: `<p><b>{{ domain }}</b> of {{ accountName }} was renewed ({{ years }}) and expires on {{ expiresOn }} now.</p>
<p><a href="{{ domainUrl }}">See the domain</a></p>`,
  },
  'domain-renewal-failed': {
    subject: '{{ domain }} could not be renewed',
    text: `The renewal of {{ domain }} of {{ accountName }} failed: {{ reason }}

{% if amount != "" %}What was paid for it, {{ amount }}, is credit of your account now. {% endif %}We have been told and will look at it.
{{ portalUrl }}
`,
    html: `<p>The renewal of <b>{{ domain }}</b> of {{ accountName }} failed: {{ reason }}</p>
<p>{% if amount != "" %}What was paid for it, {{ amount }}, is credit of your account now. {% endif %}We have been told and will look at it.</p>
<p><a href="{{ portalUrl }}">Open the portal</a></p>`,
  },
  'staff-renewal-failed': {
    subject: 'Renewal of {{ domain }} failed',
    text: `The renewal of {{ domain }} for {{ accountName }} ({{ accountId }}) failed for good: {{ reason }}
The client has the money back as credit.
`,
    html: `<p>The renewal of <b>{{ domain }}</b> for {{ accountName }} ({{ accountId }}) failed for good: {{ reason }}</p>
<p>The client has the money back as credit.</p>`,
  },
  'staff-renewal-by-hand': {
    subject: 'Please renew {{ domain }}',
    text: `{{ domain }} of {{ accountName }} ({{ accountId }}) was paid for ({{ years }}) and has to be renewed by hand.
Then correct its expiry in the portal.
`,
    html: `<p><b>{{ domain }}</b> of {{ accountName }} ({{ accountId }}) was paid for ({{ years }}) and has to be renewed
by hand. Then correct its expiry in the portal.</p>`,
  },
  'staff-domain-differs': {
    subject: '{{ domain }} differs at the registrar',
    text: `{{ domain }} of {{ accountName }} ({{ accountId }}): we had {{ ours }}, the registrar has {{ registrars }}.
The portal shows what the registrar has now.
`,
    html: `<p><b>{{ domain }}</b> of {{ accountName }} ({{ accountId }}): we had {{ ours }}, the registrar has
{{ registrars }}. The portal shows what the registrar has now.</p>`,
  },
  'renewal-reminder': {
    subject: 'Due {{ when }}: renewals of {{ accountName }}',
    text: `Due {{ when }} for {{ accountName }}:

{% for item in items %}  - {{ item }}
{% endfor %}
{{ portalUrl }}
`,
    html: `<p>Due {{ when }} for {{ accountName }}:</p>
<ul>{% for item in items %}<li>{{ item }}</li>{% endfor %}</ul>
<p><a href="{{ portalUrl }}">Open the portal</a></p>`,
  },
} as const satisfies Record<string, Template>;
