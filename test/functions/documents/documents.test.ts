import { beforeEach, describe, expect, test } from 'vitest';
import { type Document, isVisible, statusFrom } from '../../../functions/documents/document.ts';
import { type BillingDesk, billingDesk } from '../../support/desks/billing-desk.ts';
import { versionOf } from '../../support/memory/memory-files.ts';

const pdf = new TextEncoder().encode('%PDF-1.7 a contract');
const contract = {
  name: 'Hosting contract',
  kind: 'contract',
  fileName: 'contract.pdf',
  contentType: 'application/pdf',
  size: pdf.byteLength,
};

let desk: BillingDesk;
beforeEach(async () => {
  desk = await billingDesk();
});

const announce = (extra: Record<string, unknown> = {}) =>
  desk.staff('POST', '/documents', { ...contract, ...extra });
const upload = (id: string, content: Uint8Array = pdf) =>
  desk.portal.files.put(`documents/${id}.pdf`, content);

async function announced(extra: Record<string, unknown> = {}): Promise<string> {
  const made = await announce(extra);
  expect(made).toMatchObject({ status: 201 });
  return made.body.id;
}

async function added(extra: Record<string, unknown> = {}): Promise<string> {
  const id = await announced(extra);
  await upload(id);
  return id;
}

const listed = async (query?: Record<string, string>) => (await desk.get('/documents', query)).items;
const listedByStaff = async () => (await desk.staff('GET', '/documents')).body.items;
const logged = async () =>
  (await desk.get('/activity')).items.filter(({ action }: { action: string }) =>
    action.startsWith('document'),
  );

describe('a document that was uploaded', () => {
  test('is announced with where to put it, listed and linked', async () => {
    const made = await announce();
    expect(made).toMatchObject({ status: 201 });
    const { id, upload: link } = made.body;
    expect(id).toMatch(/^doc_/);
    expect(link).toEqual({
      method: 'PUT',
      url: `https://files.test/documents/${id}.pdf`,
      headers: {
        'content-type': 'application/pdf',
        'content-length': String(pdf.byteLength),
        'if-none-match': '*',
      },
    });
    expect(made.headers['location']).toBe(`/v1/accounts/${desk.accountId}/documents/${id}`);
    await upload(id);
    const { contentType: _, ...shown } = contract;
    const item = { ...shown, id, createdAt: '2026-03-01T10:00:00.000Z', visibleToMainAccount: false };
    expect(await listed()).toEqual([item]);
    const url = `https://files.test/documents/${id}.pdf?versionId=${versionOf(pdf).versionId}`;
    expect(await desk.get(`/documents/${id}`)).toEqual({ ...item, url });
  });

  test('is found by whoever reads it first, without any list', async () => {
    const id = await added();
    expect(await desk.owner('GET', `/documents/${id}`)).toMatchObject({ status: 200 });
    expect((await desk.staff('GET', `/documents/${id}`)).body).toMatchObject({ status: 'ready' });
  });

  test('is looked at once: the file is not asked for again', async () => {
    const id = await added();
    await listed();
    desk.portal.files.objects.clear();
    expect(await listed()).toMatchObject([{ id }]);
  });

  test('is given out as it was looked at, whatever is put in its place later', async () => {
    const id = await added();
    const { url } = await desk.get(`/documents/${id}`);
    await upload(id, new TextEncoder().encode('%PDF-1.7 another'));
    expect(await desk.get(`/documents/${id}`)).toMatchObject({ url });
  });

  test('is in the log once, in the name of whom announced it, and nobody is mailed', async () => {
    await desk.portal.deliver();
    const mails = desk.portal.mails.length;
    const id = await added();
    expect(await logged()).toEqual([]);
    await listed();
    await Promise.all([listed(), desk.get(`/documents/${id}`)]);
    expect(await logged()).toMatchObject([
      {
        action: 'document.added',
        actor: { kind: 'staff', id: 'stan' },
        subject: { kind: 'document', id, name: contract.name },
        before: null,
        after: { kind: 'contract', fileName: 'contract.pdf', visibleToMainAccount: false },
      },
    ]);
    await desk.portal.deliver();
    expect(desk.portal.mails).toHaveLength(mails);
  });

  test('is found once by many at once', async () => {
    const id = await added();
    const found = await Promise.all([1, 2, 3].map(() => desk.owner('GET', `/documents/${id}`)));
    expect(found.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await logged()).toHaveLength(1);
  });

  test('is announced once for one Idempotency-Key', async () => {
    const once = () => desk.staff('POST', '/documents', contract, { 'idempotency-key': 'one' });
    const [first, again] = [await once(), await once()];
    expect(again.headers['idempotent-replayed']).toBe('true');
    const { id, upload: link } = first.body;
    expect(again.body).toEqual({ id, upload: { ...link, url: null, headers: null } });
    expect(await listedByStaff()).toHaveLength(1);
  });
});

describe('a document that is not there', () => {
  test('reads 404 until it is uploaded, and only staff see that it is awaited', async () => {
    const id = await announced();
    expect(await listed()).toEqual([]);
    expect(await desk.owner('GET', `/documents/${id}`)).toMatchObject({ status: 404 });
    expect(await listedByStaff()).toMatchObject([{ id, status: 'pending' }]);
    expect((await desk.staff('GET', `/documents/${id}`)).body).toMatchObject({
      status: 'pending',
      url: null,
    });
    await upload(id);
    expect(await listed()).toMatchObject([{ id }]);
  });

  test('with another size than announced is not there, until the announced one comes', async () => {
    const id = await announced();
    await upload(id, pdf.subarray(0, 10));
    expect(await listed()).toEqual([]);
    expect(await desk.owner('GET', `/documents/${id}`)).toMatchObject({ status: 404 });
    await upload(id);
    expect(await listed()).toMatchObject([{ id }]);
  });

  test('is given up where it has not come an hour later', async () => {
    const missing = await announced();
    const wrong = await announced();
    await upload(wrong, pdf.subarray(1));
    desk.portal.advance(60 * 60 + 1);
    expect(await listed()).toEqual([]);
    expect(await listedByStaff()).toMatchObject([
      { id: wrong, status: 'rejected' },
      { id: missing, status: 'rejected' },
    ]);
    await upload(missing);
    expect(await desk.owner('GET', `/documents/${missing}`)).toMatchObject({ status: 404 });
  });

  test('is there however late somebody looks, once it came', async () => {
    const id = await added();
    desk.portal.advance(7 * 24 * 60 * 60);
    expect(await listed()).toMatchObject([{ id }]);
  });

  test.each([
    ['a page', '<html><script>1</scr'],
    ['a PDF behind something else', 'x%PDF-1.7 a contract'.slice(0, pdf.byteLength)],
    ['nothing but noughts', '\0'.repeat(pdf.byteLength)],
  ])('being %s is rejected, which only staff are told', async (_, content) => {
    const bytes = new TextEncoder().encode(content.padEnd(pdf.byteLength, ' ').slice(0, pdf.byteLength));
    const id = await announced();
    await upload(id, bytes);
    expect(await listed()).toEqual([]);
    expect(await desk.owner('GET', `/documents/${id}`)).toMatchObject({ status: 404 });
    const shown = await desk.staff('GET', `/documents/${id}`);
    expect(shown.body).toMatchObject({ status: 'rejected', url: null });
    expect(await logged()).toEqual([]);
  });
});

describe('a list', () => {
  test('is newest first and goes on behind its cursor past what is not shown', async () => {
    const shown: string[] = [];
    for (let made = 0; made < 3; made++) {
      desk.portal.advance(1);
      shown.unshift(await added({ name: `Document ${made}` }));
      await announced();
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await desk.get('/documents', { limit: '2', ...(cursor ? { cursor } : {}) });
      seen.push(...page.items.map(({ id }: { id: string }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual(shown);
  });

  test('looks for no more than five awaited files at once', async () => {
    for (let made = 0; made < 8; made++) await added();
    expect(await listed()).toHaveLength(5);
    expect(await listed()).toHaveLength(8);
  });
});

describe('another account', () => {
  test('has no part in it: 404 by every path', async () => {
    const id = await added();
    const other = await billingDesk(desk.portal, 'Globex');
    expect(await other.owner('GET', `/documents/${id}`)).toMatchObject({ status: 404 });
    expect(await other.staff('GET', `/documents/${id}`)).toMatchObject({ status: 404 });
    expect(await desk.portal.call(other.ownerId, 'GET', `${desk.base}/documents/${id}`)).toMatchObject({
      status: 404,
    });
    expect((await other.get('/documents')).items).toEqual([]);
  });

  test('and clients announce nothing', async () => {
    expect(await desk.owner('POST', '/documents', contract)).toMatchObject({ status: 403 });
  });
});

describe('what is announced', () => {
  test.each([
    ['size', { size: 0 }],
    ['size', { size: 30 * 1024 * 1024 }],
    ['size', { size: 25 * 1024 * 1024 + 1 }],
    ['size', { size: 1.5 }],
    ['contentType', { contentType: 'text/html' }],
    ['contentType', { contentType: 'application/pdf; charset=utf-8' }],
    ['kind', { kind: 'invoice' }],
    ['name', { name: ' ' }],
    ['name', { name: 'two\nlines' }],
    ['fileName', { fileName: '' }],
    ['visibleToMainAccount', { visibleToMainAccount: 'yes' }],
    ['accountId', { accountId: 'acct_other' }],
  ])('is refused for its %s: %j', async (path, extra) => {
    const refused = await announce(extra);
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    expect(await listedByStaff()).toEqual([]);
  });

  test('may be 25 MB large', async () => {
    expect(await announce({ size: 25 * 1024 * 1024 })).toMatchObject({ status: 201 });
  });

  test.each([
    ['../../etc/passwd', 'passwd.pdf'],
    ['C:\\Contracts\\signed.PDF', 'signed.PDF'],
    ['con.pdf', '_con.pdf'],
    ['gnp\u202efdp.exe', 'gnpfdp.exe.pdf'],
    ['a"b\r\nX: y.pdf', 'a_b X_ y.pdf'],
    ['..', 'document.pdf'],
    [`${'x'.repeat(200)}.pdf`, `${'x'.repeat(146)}.pdf`],
    ['x'.repeat(200), `${'x'.repeat(146)}.pdf`],
  ])('as %j is kept as %j', async (fileName, kept) => {
    const id = await added({ fileName });
    expect(await desk.get(`/documents/${id}`)).toMatchObject({ fileName: kept });
  });
});

describe('who sees a document', () => {
  const statuses = ['pending', 'ready', 'rejected'] as const;

  test.each(statuses)('that is %s', (status) => {
    const there = status === 'ready';
    for (const visibleToMainAccount of [true, false]) {
      const document = { status, visibleToMainAccount };
      expect(isVisible(document, 'staff')).toBe(true);
      expect(isVisible(document, 'own')).toBe(there);
      expect(isVisible(document, 'main-account')).toBe(there && visibleToMainAccount);
    }
  });

  test('what it turns out to be follows from what is stored and from the clock', () => {
    const document = { size: 5, createdAt: '2026-03-01T10:00:00.000Z' } as Document;
    const at = (minutes: number) => new Date(Date.parse(document.createdAt) + minutes * 60_000);
    const head = new TextEncoder().encode('%PDF-');
    expect(statusFrom(document, undefined, at(60))).toBe('pending');
    expect(statusFrom(document, undefined, at(61))).toBe('rejected');
    expect(statusFrom(document, { size: 5, head }, at(61))).toBe('ready');
    expect(statusFrom(document, { size: 5, head: head.subarray(1) }, at(0))).toBe('rejected');
    expect(statusFrom(document, { size: 6, head }, at(0))).toBe('pending');
  });
});
