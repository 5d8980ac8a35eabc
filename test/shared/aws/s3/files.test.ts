import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from 'vitest';
import { Controls } from '../../../../infra/local/controls.ts';
import { credentials } from '../../../../infra/local/credentials.ts';
import { startMessaging } from '../../../../infra/local/resources.ts';
import { fileBucket } from '../../../../shared/aws/s3/files.ts';
import { s3Client } from '../../../../shared/aws/s3/s3-client.ts';
import { send } from '../../../infra/local/http/raw.ts';

const messaging = await startMessaging({ controls: new Controls() });
messaging.stores.s3Store.createBucket('files');
messaging.stores.s3Store.createBucket('plain');
messaging.versioned.add('files');
const s3 = s3Client({ endpoint: messaging.url, region: 'eu-west-1', credentials });
const files = fileBucket('files', s3);

afterAll(() => messaging.close());

const text = 'text/plain';
const octets = 'application/octet-stream';
const bytes = (content: string) => new TextEncoder().encode(content);
const overwrite = (Key: string, Body: string) =>
  s3.send(new PutObjectCommand({ Bucket: 'files', Key, Body }));
const put = (url: string, headers: Record<string, string>, body = 'Hello') =>
  send(url, { method: 'PUT', headers, body });

describe('an upload’s link', () => {
  test('signs type, length and that there is nothing yet', async () => {
    const { url, headers } = await files.uploadLink('signed', text, 5);
    const signed = new URL(url).searchParams.get('X-Amz-SignedHeaders')!.split(';');
    expect(signed).toEqual(['content-length', 'content-type', 'host', 'if-none-match']);
    expect(Object.keys(headers).toSorted()).toEqual(signed.filter((name) => name !== 'host'));
    const { 'if-none-match': _, ...without } = headers;
    expect((await put(url, without)).status).toBe(403);
    expect((await put(url, { ...headers, 'if-none-match': '"other"' })).status).toBe(403);
    expect((await put(url, { ...headers, 'content-type': 'text/html' })).status).toBe(403);
    expect((await put(url, { ...headers, 'content-length': '6' }, 'Hello!')).status).toBe(403);
    expect(await files.look('signed', 10)).toBeUndefined();
  });

  test('puts a file once: the second is refused, and the first stays', async () => {
    const { url, headers } = await files.uploadLink('once', text, 5);
    expect((await put(url, headers)).status).toBe(200);
    const again = await put(url, headers, 'Other');
    expect([again.status, again.text]).toEqual([412, expect.stringContaining('PreconditionFailed')]);
    expect(Buffer.from((await files.look('once', 10))!.head).toString()).toBe('Hello');
  });
});

describe('a look at a file', () => {
  test('reads its first bytes alone, and tells its size and version', async () => {
    const stored = await files.put('large', bytes('x'.repeat(5000)), text);
    const found = (await files.look('large', 1024))!;
    expect(found.head).toHaveLength(1024);
    expect(found).toMatchObject({ size: 5000, ...stored });
    expect(stored.checksum).toMatch(/^[0-9a-f]{32}$/);
    expect((await files.put('small', bytes('Hello'), text)).versionId).not.toBe(stored.versionId);
    expect(await files.look('small', 1024)).toMatchObject({ size: 5 });
  });

  test('finds nothing where nothing or nothing but an empty file is', async () => {
    expect(await files.look('missing', 10)).toBeUndefined();
    await overwrite('empty', '');
    expect(await files.look('empty', 10)).toBeUndefined();
  });

  test('is no use in a bucket without versions, and says so', async () => {
    await s3.send(new PutObjectCommand({ Bucket: 'plain', Key: 'a', Body: 'Hello' }));
    await expect(fileBucket('plain', s3).look('a', 10)).rejects.toThrow('not versioned');
  });
});

describe('a download’s link', () => {
  test('gives the version that was looked at, whatever was put in its place', async () => {
    const { versionId } = await files.put('kept', bytes('Hello'), text);
    await overwrite('kept', 'MZ bad');
    const answer = await send(await files.downloadLink('kept', 'a.txt', octets, versionId));
    expect([answer.status, answer.text]).toEqual([200, 'Hello']);
    expect(answer.headers['x-amz-version-id']).toBe(versionId);
    expect(answer.headers['content-disposition']).toMatch(/^attachment/);
    const current = await send(await files.downloadLink('kept', 'a.txt', octets));
    expect(current.text).toBe('MZ bad');
  });

  test('leads to no other version than it was signed for', async () => {
    const first = await files.put('bound', bytes('Hello'), text);
    const second = await files.put('bound', bytes('Other'), text);
    const url = await files.downloadLink('bound', 'a.txt', octets, first.versionId);
    expect((await send(url.replace(first.versionId, second.versionId))).status).toBe(403);
  });

  test('of a version that is gone finds nothing', async () => {
    const { versionId } = await files.put('gone', bytes('Hello'), text);
    await files.remove('gone');
    const answer = await send(await files.downloadLink('gone', 'a.txt', octets, versionId));
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining('NoSuchVersion')]);
  });
});

describe('a removed file', () => {
  test('is gone for good, and its place is free', async () => {
    await files.put('removed', bytes('Hello'), text);
    await files.remove('removed');
    expect(await files.look('removed', 10)).toBeUndefined();
    const { url, headers } = await files.uploadLink('removed', text, 5);
    expect((await put(url, headers)).status).toBe(200);
  });

  test('may be missing already', async () => {
    await files.remove('never');
  });
});
