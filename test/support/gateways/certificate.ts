import { type KeyPairKeyObjectResult, randomBytes, sign } from 'node:crypto';

/** A value of DER: its tag, its length, its contents (X.690). */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

/** A certificate that its own key has signed (RFC 5280), as PEM. */
export function certificateOf(keys: KeyPairKeyObjectResult, fromYear: number, toYear: number): string {
  const [sequence, integer, bits, text, time] = [0x30, 0x02, 0x03, 0x0c, 0x18];
  const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
  const algorithm = der(sequence, oid('2a864886f70d01010b'), der(0x05));
  const commonName = der(text, Buffer.from('messageverificationcerts.paypal.test'));
  const name = der(sequence, der(0x31, der(sequence, oid('550403'), commonName)));
  const at = (year: number) => der(time, Buffer.from(`${year}0101000000Z`));
  const body = der(
    sequence,
    der(0xa0, der(integer, Buffer.from([2]))),
    der(integer, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    der(sequence, at(fromYear), at(toYear)),
    name,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', body, keys.privateKey);
  const whole = der(sequence, body, algorithm, der(bits, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString('base64').match(/.{1,64}/g)!;
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
