import { escaped } from '../http/page.ts';
import type { Message } from './message.ts';

const PER_PAGE = 100;
const RAW_SHOWN = 200_000;

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f6f6;padding:1rem}iframe{width:100%;height:32rem;border:1px solid #ddd}`;

/** The bare id in a Message-ID, which names the message in addresses. */
export const idOf = ({ messageId }: Message): string => messageId.slice(1, messageId.indexOf('@'));

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head><body>${body}</body></html>`;
}

/** One page of the list, newest first; `number` counts from 1. */
export function listPage(messages: Message[], base: string, number: number): string {
  const end = messages.length - (number - 1) * PER_PAGE;
  const shown = messages.slice(Math.max(0, end - PER_PAGE), Math.max(0, end)).toReversed();
  const rows = shown.map((message) => {
    const link = `${base}/messages/${encodeURIComponent(idOf(message))}`;
    const subject = message.subject || '(no subject)';
    const cells = [message.sentAt, message.envelope.from, message.envelope.to.join(', ')].map(escaped);
    return `<tr><td>${cells.join('</td><td>')}</td><td><a href="${escaped(link)}">${escaped(subject)}</a></td></tr>`;
  });
  const links = [
    number > 1 ? `<a href="${escaped(base)}?page=${number - 1}">Newer</a>` : '',
    end > PER_PAGE ? `<a href="${escaped(base)}?page=${number + 1}">Older</a>` : '',
  ];
  const table =
    rows.length > 0
      ? `<table><thead><tr><th>Sent</th><th>From</th><th>To</th><th>Subject</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
      : '<p>No messages.</p>';
  return page(
    'Sent mail',
    `<h1>Sent mail</h1><p>${messages.length} kept</p>${table}<p>${links.join(' ')}</p>`,
  );
}

/**
 * The mail's own HTML in an isolated frame. The empty sandbox forbids scripts, forms and navigation; the policy inside
 * forbids loading anything, so that no sender learns that a mail was opened.
 */
function framed(html: string): string {
  const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`;
  return `<iframe sandbox="" referrerpolicy="no-referrer" title="HTML body" srcdoc="${escaped(policy + html)}"></iframe>`;
}

export function messagePage(message: Message, base: string): string {
  const blank = message.raw.search(/\r?\n\r?\n/);
  const head = blank === -1 ? message.raw : message.raw.slice(0, blank);
  const cut = message.raw.length > RAW_SHOWN;
  const source = cut ? message.raw.slice(0, RAW_SHOWN) : message.raw;
  const link = `${base}/messages/${encodeURIComponent(idOf(message))}/raw`;
  const { from, to } = message.envelope;
  const parts = [
    `<p><a href="${escaped(base)}">Sent mail</a></p><h1>${escaped(message.subject || '(no subject)')}</h1>`,
    `<p>${escaped(message.sentAt)}, from ${escaped(from)} to ${escaped(to.join(', '))}</p>`,
    `<h2>Headers</h2><pre>${escaped(head.slice(0, RAW_SHOWN))}</pre>`,
    message.text === null ? '' : `<h2>Text</h2><pre>${escaped(message.text)}</pre>`,
    message.html === null ? '' : `<h2>HTML</h2>${framed(message.html)}`,
    `<h2>Source</h2><p><a href="${escaped(link)}">All of it as text</a>${cut ? ', the beginning:' : ''}</p>`,
    `<pre>${escaped(source)}</pre>`,
  ];
  return page(message.subject || '(no subject)', parts.join(''));
}

export const notFoundPage = (base: string): string =>
  page('No such message', `<h1>No such message</h1><p><a href="${escaped(base)}">Sent mail</a></p>`);
