import { verify, X509Certificate } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ForgedEvent, type Gateway } from '../gateway.ts';

type Event = Parameters<Gateway['readEvent']>[0];

export interface SignatureOptions {
  webhookId: string;
  /** Origins from which certificates are accepted: `https://api.paypal.com`. */
  origins: readonly string[];
  timeoutMs: number;
}

const minuteMs = 60_000;
/**
 * PayPal repeats an event for three days, and does not document whether it renews the time: younger events are
 * accepted. Replaying an event gains nothing, since the state of its charge is read from PayPal.
 */
const oldestMs = 4 * 24 * 60 * minuteMs;
const fastestMs = 5 * minuteMs;
const certificatePath = '/v1/notifications/certs/';
/** PayPal uses one or two at a time. */
const mostCertificates = 8;

/**
 * Checks that an event is PayPal's own by "self verification" (developer.paypal.com/api/rest/webhooks/rest). PayPal
 * prefers it to a call of its API, which does not take the body as received. The signature covers only a CRC of the
 * body, for which another body can be made: a checked event is a reason to ask PayPal, no more.
 * @throws ForgedEvent where a check fails
 */
export function signatureCheck({ webhookId, origins, timeoutMs }: SignatureOptions) {
  const certificates = new Map<string, X509Certificate>();

  /** The certificate that the event names. It is trusted because it is served by PayPal's own host, and only there. */
  const certificateAt = async (address = ''): Promise<X509Certificate> => {
    const url = URL.canParse(address) ? new URL(address) : null;
    const isPayPals = url && origins.includes(url.origin) && url.pathname.startsWith(certificatePath);
    if (!isPayPals || url.href !== url.origin + url.pathname) {
      throw new ForgedEvent('The event names a certificate that is not at PayPal');
    }
    const known = certificates.get(url.href);
    if (known) return known;
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    if (response.status === 404)
      throw new ForgedEvent('The event names a certificate that PayPal does not have');
    // PayPal sends the event again.
    if (!response.ok) throw new Error(`PayPal gave no certificate (${response.status})`);
    const certificate = new X509Certificate(text);
    if (certificates.size >= mostCertificates) certificates.clear();
    certificates.set(url.href, certificate);
    return certificate;
  };

  return async ({ rawBody, headers, now }: Event): Promise<void> => {
    const id = headers['paypal-transmission-id'];
    const sentAt = headers['paypal-transmission-time'];
    const signature = headers['paypal-transmission-sig'];
    const ageMs = now.getTime() - Date.parse(sentAt ?? '');
    if (!(ageMs <= oldestMs && ageMs >= -fastestMs)) throw new ForgedEvent('The event has no good time');
    if (!id || !signature || headers['paypal-auth-algo'] !== 'SHA256withRSA') {
      throw new ForgedEvent('The event is not signed as PayPal signs');
    }
    const { publicKey, validFrom, validTo } = await certificateAt(headers['paypal-cert-url']);
    if (now.getTime() < Date.parse(validFrom) || now.getTime() > Date.parse(validTo)) {
      throw new ForgedEvent('The event is signed with a certificate that is not valid now');
    }
    const signed = Buffer.from(`${id}|${sentAt}|${webhookId}|${crc32(rawBody)}`);
    if (!verify('sha256', signed, publicKey, Buffer.from(signature, 'base64'))) {
      throw new ForgedEvent('The event has no good signature of PayPal');
    }
  };
}
