import { CopyObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { startMessaging } from '../../../../infra/local/resources.ts';
import { send } from '../http/raw.ts';

const controls = new Controls();
const messaging = await startMessaging({ controls });
const Bucket = 'files';
messaging.stores.s3Store.createBucket(Bucket);
const clientOf = (accessKeyId: string, secretAccessKey: string) =>
  new S3Client({
    region: 'eu-west-1',
    endpoint: messaging.url,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
const s3 = clientOf('local', 'local');
afterAll(() => messaging.close());
afterEach(() => controls.setNow(null));

const type = { 'content-type': 'text/plain', 'content-length': '5' };
const putLink = (Key: string, client = s3, more: { expiresIn?: number; signingDate?: Date } = {}) => {
  const command = new PutObjectCommand({ Bucket, Key, ContentType: 'text/plain', ContentLength: 5 });
  const signableHeaders = new Set(['content-type', 'content-length']);
  return getSignedUrl(client, command, { expiresIn: 300, signableHeaders, ...more });
};
const getLink = (Key: string, name = 'a.txt') =>
  getSignedUrl(
    s3,
    new GetObjectCommand({
      Bucket,
      Key,
      ResponseContentDisposition: `attachment; filename="${name}"; filename*=UTF-8''${encodeURIComponent(name)}`,
    }),
    { expiresIn: 300 },
  );
const put = (url: string, headers: Record<string, string> = type, body = 'Hello') =>
  send(url, { method: 'PUT', headers, body });
const codeOf = (answer: { text: string }) => /<Code>(\w+)<\/Code>/.exec(answer.text)?.[1];
const holds = (key: string) => {
  try {
    return messaging.stores.s3Store.getObject(Bucket, key).body.toString();
  } catch {
    return null;
  }
};

describe('a link', () => {
  test.each(['plain.txt', "a/b c/Größe & (1)!*'.txt", 'plus+percent%25=.txt'])(
    'puts and gets what it was signed for: %s',
    async (key) => {
      expect((await put(await putLink(key))).status).toBe(200);
      const answer = await send(await getLink(key, 'Größe (1) + 2.txt'));
      expect([answer.status, answer.text]).toEqual([200, 'Hello']);
      expect(decodeURIComponent(answer.headers['content-disposition']!)).toContain('Größe (1) + 2.txt');
    },
  );

  test('puts nothing of another type or length, nor for somebody else', async () => {
    const url = await putLink('bound.txt');
    const refused = [
      await put(url, { ...type, 'content-type': 'text/html' }),
      await put(url, { 'content-length': '5' }),
      await put(url, { ...type, 'content-length': '7' }, 'Hello!!'),
      await put(url, { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' }),
      await put(url.replace('bound', 'other')),
      await put(url.replace('X-Amz-Expires=300', 'X-Amz-Expires=3000')),
      await put(url.replace(/Signature=(.)/, (_all, first) => `Signature=${first === '0' ? '1' : '0'}`)),
      await put(`${url}&x=1`),
      await put(url, { ...type, host: new URL(url).host.replace('127.0.0.1', 'localhost') }),
      await put(await putLink('bound.txt', clientOf('local', 'guessed'))),
      await send(url),
    ];
    for (const answer of refused) {
      expect([answer.status, codeOf(answer)]).toEqual([403, 'SignatureDoesNotMatch']);
      expect(answer.headers['content-type']).toBe('application/xml');
    }
    const stranger = await put(await putLink('bound.txt', clientOf('stranger', 'local')));
    expect([stranger.status, codeOf(stranger)]).toEqual([403, 'InvalidAccessKeyId']);
    expect([holds('bound.txt'), holds('other.txt')]).toEqual([null, null]);
  });

  test('has no header added that says what to do and was not signed', async () => {
    await put(await putLink('secret.txt'));
    const headers = { ...type, 'x-amz-copy-source': `/${Bucket}/secret.txt` };
    const answer = await put(await putLink('copied.txt'), headers, 'Other');
    expect([answer.status, codeOf(answer)]).toEqual([403, 'AccessDenied']);
    expect(answer.text).toContain('<HeadersNotSigned>x-amz-copy-source</HeadersNotSigned>');
    expect(holds('copied.txt')).toBeNull();
  });

  test('ends when its time is over, by the clock of the cloud', async () => {
    const url = await putLink('late.txt');
    controls.setNow(new Date(Date.now() + 299_000));
    expect((await put(url)).status).toBe(200);
    controls.setNow(new Date(Date.now() + 302_000));
    const late = await put(url);
    expect([late.status, codeOf(late)]).toEqual([403, 'AccessDenied']);
    expect(late.text).toContain('<Message>Request has expired</Message>');
    expect(late.headers['date']).toBe(controls.now().toUTCString());
    controls.setNow(new Date(Date.now() - 3_600_000));
    expect((await put(url)).text).toContain('<Message>Request is not valid yet</Message>');
    const moved = await putLink('moved.txt', s3, { signingDate: controls.now() });
    expect((await put(moved)).status).toBe(200);
  });

  test.each([
    ['without a signature', (url: string) => url.replace(/&X-Amz-Signature=\w+/, '')],
    ['of another algorithm', (url: string) => url.replace('HMAC-SHA256', 'HMAC-SHA1')],
    ['of no time', (url: string) => url.replace(/X-Amz-Date=\w+/, 'X-Amz-Date=today')],
    ['of another region', (url: string) => url.replace('eu-west-1', 'us-east-1')],
    ['for longer than a week', (url: string) => url.replace('Expires=300', 'Expires=604801')],
  ])('%s is malformed', async (_name, change) => {
    const answer = await put(change(await putLink('malformed.txt')));
    expect([answer.status, codeOf(answer)]).toEqual([400, 'AuthorizationQueryParametersError']);
    expect(holds('malformed.txt')).toBeNull();
  });

  test('is not made good by a header', async () => {
    const url = (await putLink('both.txt')).replace('both', 'other');
    const answer = await put(url, { ...type, authorization: 'AWS4-HMAC-SHA256 Credential=local' });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'InvalidArgument']);
  });
});

describe('without a signature', () => {
  test.each([
    ['GET', '/'],
    ['GET', '/files'],
    ['GET', '/files/kept.txt'],
    ['PUT', '/files/kept.txt'],
    ['DELETE', '/files/kept.txt'],
    ['POST', '/files'],
    ['GET', '/_fauxqs/queues'],
  ])('%s %s is denied', async (method, path) => {
    const answer = await send(messaging.url + path, { method });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'AccessDenied']);
    const bearer = await send(messaging.url + path, { method, headers: { authorization: 'Bearer x' } });
    expect(bearer.status).toBe(403);
  });

  test('queues and topics answer as they do', async () => {
    const body = 'Action=ListTopics&Version=2010-03-31';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await send(messaging.url, { method: 'POST', headers, body })).status).toBe(200);
  });
});

describe('a client that signs in a header', () => {
  test('reads, writes and copies as before', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'signed.txt', Body: 'Hello' }));
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy.txt', CopySource: `${Bucket}/signed.txt` }));
    const copy = await s3.send(new GetObjectCommand({ Bucket, Key: 'copy.txt' }));
    expect(await copy.Body?.transformToString()).toBe('Hello');
  });
});

describe('If-None-Match: *', () => {
  test('writes what is new and leaves what is there, also of two at once', async () => {
    const write = (Key: string, Body: string) =>
      s3.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' }));
    await write('once.txt', 'first');
    await expect(write('once.txt', 'second')).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    expect(holds('once.txt')).toBe('first');
    const both = await Promise.allSettled([write('race.txt', 'a'), write('race.txt', 'b')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('counts for a link too, signed or not', async () => {
    await put(await putLink('linked.txt'));
    const answer = await put(await putLink('linked.txt'), { ...type, 'if-none-match': '*' }, 'Other');
    expect([answer.status, codeOf(answer)]).toEqual([412, 'PreconditionFailed']);
    const command = new PutObjectCommand({ Bucket, Key: 'signed-new.txt', IfNoneMatch: '*' });
    const unhoistableHeaders = new Set(['if-none-match']);
    const signed = await getSignedUrl(s3, command, {
      signableHeaders: new Set(['if-none-match']),
      unhoistableHeaders,
    });
    expect((await put(signed, {})).status).toBe(403);
    expect((await put(signed, { 'if-none-match': '*' })).status).toBe(200);
    expect((await put(signed, { 'if-none-match': '*' })).status).toBe(412);
    expect(holds('linked.txt')).toBe('Hello');
  });
});
