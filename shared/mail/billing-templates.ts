import type { Template } from './templates.ts';

/** Liquid templates of the billing mails. */
export const billingTemplates = {
  'invoice-issued': {
    subject: 'Invoice {{ number }} of {{ total }}',
    text: `Invoice {{ number }} for {{ accountName }} comes to {{ total }} and is due on {{ dueOn }}.

{% for line in lines %}  - {{ line }}
{% endfor %}
See and pay it here: {{ invoiceUrl }}
`,
    html: `<p>Invoice {{ number }} for {{ accountName }} comes to <b>{{ total }}</b> and is due on {{ dueOn }}.</p>
<ul>{% for line in lines %}<li>{{ line }}</li>{% endfor %}</ul>
<p><a href="{{ invoiceUrl }}">See and pay it</a></p>`,
  },
  'invoice-reminder': {
    subject: 'Invoice {{ number }} is due on {{ dueOn }}',
    text: `Invoice {{ number }} for {{ accountName }} is due on {{ dueOn }}; {{ balance }} is still to be paid.

See and pay it here: {{ invoiceUrl }}
`,
    html: `<p>Invoice {{ number }} for {{ accountName }} is due on {{ dueOn }}; <b>{{ balance }}</b> is still to be
paid.</p>
<p><a href="{{ invoiceUrl }}">See and pay it</a></p>`,
  },
  'invoice-overdue': {
    subject: 'Invoice {{ number }} is overdue',
    text: `Invoice {{ number }} for {{ accountName }} was due on {{ dueOn }}; {{ balance }} is still to be paid.

See and pay it here: {{ invoiceUrl }}
`,
    html: `<p>Invoice {{ number }} for {{ accountName }} was due on {{ dueOn }}; <b>{{ balance }}</b> is still to be
paid.</p>
<p><a href="{{ invoiceUrl }}">See and pay it</a></p>`,
  },
  'invoice-cancelled': {
    subject: 'Invoice {{ number }} was cancelled',
    text: `Invoice {{ number }} for {{ accountName }} was cancelled: there is nothing to pay. What was paid of it is
credit of your account now.

{{ invoiceUrl }}
`,
    html: `<p>Invoice {{ number }} for {{ accountName }} was cancelled: there is nothing to pay. What was paid of it is
credit of your account now.</p>
<p><a href="{{ invoiceUrl }}">See the invoice</a></p>`,
  },
  'payment-received': {
    subject: 'Receipt: {{ amount }} for {{ accountName }}',
    text: `Thank you. {{ amount }} was paid for {{ accountName }} by {{ paidBy }} ({{ method }}):

{% for invoice in invoices %}  - {{ invoice }}
{% endfor %}
{{ paymentUrl }}
`,
    html: `<p>Thank you. <b>{{ amount }}</b> was paid for {{ accountName }} by {{ paidBy }} ({{ method }}):</p>
<ul>{% for invoice in invoices %}<li>{{ invoice }}</li>{% endfor %}</ul>
<p><a href="{{ paymentUrl }}">See the payment</a></p>`,
  },
  'payment-refunded': {
    subject: 'Refund: {{ amount }} for {{ accountName }}',
    text: `{{ amount }} of a payment for {{ accountName }} was given back to {{ to }}.

{{ reason }}

{{ paymentUrl }}
`,
    html: `<p><b>{{ amount }}</b> of a payment for {{ accountName }} was given back to {{ to }}.</p>
{{ reason | paragraphs }}
<p><a href="{{ paymentUrl }}">See the payment</a></p>`,
  },
  'credit-added': {
    subject: '{{ amount }} of credit for {{ accountName }}',
    text: `{{ amount }} was added to the credit of {{ accountName }}.

{{ reason }}

{{ portalUrl }}
`,
    html: `<p><b>{{ amount }}</b> was added to the credit of {{ accountName }}.</p>
{{ reason | paragraphs }}
<p><a href="{{ portalUrl }}">Open the portal</a></p>`,
  },
  'quote-offered': {
    subject: 'Our offer: {{ subject }}',
    text: `We offer {{ accountName }} for {{ total }}, until {{ validUntil }}:

{% for line in lines %}  - {{ line }}
{% endfor %}
Accept or decline it here: {{ quoteUrl }}
`,
    html: `<p>We offer {{ accountName }} for <b>{{ total }}</b>, until {{ validUntil }}:</p>
<ul>{% for line in lines %}<li>{{ line }}</li>{% endfor %}</ul>
<p><a href="{{ quoteUrl }}">Accept or decline it</a></p>`,
  },
} as const satisfies Record<string, Template>;
