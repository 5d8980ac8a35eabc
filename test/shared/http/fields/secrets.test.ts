import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { everyRoute } from '../../../../functions/routes.ts';
import { routeKey } from '../../../../shared/http/route.ts';
import { secret, withoutSecrets } from '../../../../shared/http/fields/secrets.ts';
import { MemoryPortal } from '../../../support/memory/memory-portal.ts';

const link = z.object({ method: z.literal('PUT'), url: secret(z.string()) });

describe('a secret in an answer', () => {
  test.each<[string, z.ZodType, unknown, unknown]>([
    ['itself', secret(z.string()), 'x', null],
    ['in an object', link, { method: 'PUT', url: 'x' }, { method: 'PUT', url: null }],
    ['in a list', z.array(link), [{ method: 'PUT', url: 'x' }], [{ method: 'PUT', url: null }]],
    ['that may be missing', z.object({ a: link.optional() }), {}, {}],
    ['where nothing is', z.object({ a: link.nullable() }), { a: null }, { a: null }],
    [
      'behind what may be null or missing',
      z.object({ a: link.nullable().optional() }),
      { a: { method: 'PUT', url: 'x' } },
      { a: { method: 'PUT', url: null } },
    ],
    [
      'in one of several shapes',
      z.union([z.object({ text: z.string() }), link]),
      { method: 'PUT', url: 'x' },
      { method: 'PUT', url: null },
    ],
    [
      'that is an object',
      z.object({ a: secret(z.record(z.string(), z.string())) }),
      { a: { b: 'x' } },
      { a: null },
    ],
  ])('%s is null once it is taken out', (_, schema, value, expected) => {
    expect(withoutSecrets(schema, value)).toEqual(expected);
    expect(schema.safeParse(expected).success).toBe(true);
  });

  test('is all that is taken out', () => {
    const schema = z.object({ id: z.string(), link, tags: z.array(z.string()), more: z.unknown() });
    const value = { id: 'x', link: { method: 'PUT', url: 'y' }, tags: ['a'], more: { url: 'z' } };
    expect(withoutSecrets(schema, value)).toEqual({ ...value, link: { method: 'PUT', url: null } });
  });
});

describe('a link to the files', () => {
  const file = { fileName: 'a.txt', contentType: 'text/plain', size: 5 };
  const document = { ...file, name: 'A', kind: 'document', contentType: 'application/pdf' };

  test.each([
    ['attachments', file],
    ['documents', document],
  ])('of %s is given once, and is nowhere in the table', async (list, body) => {
    const portal = new MemoryPortal();
    const { accountId } = await portal.createAccount('Acme', 'owner@acme.test');
    const headers = { 'idempotency-key': 'once' };
    const ask = () => portal.call('stan', 'POST', `/v1/accounts/${accountId}/${list}`, { body, headers });
    const first = await ask();
    expect(first.body.upload.url).toMatch(/^https:\/\/files\.test\//);
    const again = await ask();
    expect(again.body).toEqual({ ...first.body, upload: { method: 'PUT', url: null, headers: null } });
    const kept = portal.table.all().map((item) => {
      const { answer } = item;
      const unpacked =
        typeof answer === 'string' ? inflateSync(Buffer.from(answer, 'base64')).toString() : '';
      return JSON.stringify(item) + unpacked;
    });
    expect(kept.join()).toContain(`"body":{"id":"${first.body.id}"`);
    expect(kept.join()).not.toContain('files.test');
  });

  test('is marked as a secret wherever a POST answers with one', () => {
    // The payment page: after a repeat the payer must still be able to go on to it.
    const payments = /\/(mass-payments|orders|cart)(\/|$)/;
    const unmarked = everyRoute.filter(({ method, path, permission, answer }) => {
      if (method !== 'POST' || permission === 'public' || !answer || payments.test(path)) return false;
      const schema = z.toJSONSchema(answer, { io: 'output', unrepresentable: 'any' });
      return /"(url|token|secret|password)":\{"type":"string"/i.test(JSON.stringify(schema));
    });
    expect(unmarked.map(routeKey)).toEqual([]);
  });
});
