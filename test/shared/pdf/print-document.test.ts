import { PDFName } from 'pdf-lib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { printDocument } from '../../../shared/pdf/print-document.ts';
import { printedInvoice } from '../../../shared/invoices/documents/printed-invoice.ts';
import { plainPng } from './make-png.ts';
import { fontsOf, pageText, type ReadPage, readPdf, type ReadText } from './read-pdf.ts';
import {
  addressOf,
  dejaVu,
  invoiceLine,
  invoiceLines,
  renderInvoice,
  type Sample,
  sampleInvoice,
} from './sample-document.ts';

async function pagesOf(change: Partial<Sample>): Promise<ReadPage[]> {
  const { pages } = await readPdf(await renderInvoice(dejaVu, sampleInvoice(change)));
  return pages;
}

async function textOf(change: Partial<Sample>): Promise<string> {
  return (await pagesOf(change)).map(pageText).join('\n');
}

const described = (description: string) => ({ lines: [invoiceLine({ description })] });

/** What stands on one height with this, from left to right. */
function besides(page: ReadPage, name: string): string[] {
  const found = page.texts.find(({ text }) => text === name);
  const row = page.texts.filter(({ y, text }) => Math.abs(y - (found?.y ?? Number.NaN)) < 1 && text !== name);
  return row.sort((a, b) => a.x - b.x).map(({ text }) => text);
}

const leavesThePage = ({ x, y, width }: ReadText) => x < 49 || x + width > 547 || y < 30 || y > 812;

function jpeg(width: number, height: number): Buffer {
  const frame = Buffer.from('ffd8ffc0001108000000000301110002110103110100ffd9', 'hex');
  frame.writeUInt16BE(height, 7);
  frame.writeUInt16BE(width, 9);
  return frame;
}

const logo = (image: Uint8Array | null) => ({ image });

afterEach(() => vi.useRealTimers());

describe('an invoice says', () => {
  test('who bills whom, for what, how much and until when', async () => {
    const [page, ...more] = await pagesOf({});
    expect(more).toEqual([]);
    const expected = [
      'Invoice|Number|2026-0042|Date|Mar 2, 2026|Due date|Mar 16, 2026',
      'Example Hosting GmbH|Hauptstraße 12|10115 Berlin|Tax ID: DE123456789',
      'Billed to|Acme Ltd|1 Main Street|Springfield|Tax ID: GB987654321',
      'Description|Quantity|Unit price|Tax|Amount EUR',
      'Shared hosting, example.com|2|12.50|19%|25.00',
      'Subtotal|25.00|Tax 19% on 25.00|4.75|Total EUR|29.75',
      'IBAN DE02 1203 0000 0000 2020 51|Invoice 2026-0042|Page 1 of 1',
    ];
    expect(pageText(page!).split('\n')).toEqual(expected.join('|').split('|'));
  });

  test('what has to be said of its tax, below the totals, on another page where there is no room', async () => {
    const words = 'Reverse charge: the tax is owed by FR83404833048';
    const worded = (taxWords: string) => invoiceLine({ taxWords });
    const [page] = await pagesOf({ lines: [words, 'Steuerfrei', words].map(worded) });
    const total = page!.texts.find(({ text }) => text === 'Total EUR');
    const said = page!.texts.filter(({ text }) => [words, 'Steuerfrei'].includes(text));
    expect(said.map(({ text }) => text)).toEqual([words, 'Steuerfrei']);
    for (const { y } of said) expect(y).toBeLessThan(total!.y);
    const long = await pagesOf({ lines: Array.from({ length: 60 }, (_, n) => worded(`Words ${n}`)) });
    expect(long.length).toBeGreaterThan(1);
    expect(long.flatMap(({ texts }) => texts).filter(leavesThePage)).toEqual([]);
  });

  test('that it is a draft where it has neither number nor date', async () => {
    const [page] = await pagesOf({ number: null, issuedOn: null });
    expect(besides(page!, 'Number')).toEqual(['DRAFT']);
    expect(page!.texts.map(({ text }) => text)).not.toContain('Date');
    expect(pageText(page!)).toContain('Invoice DRAFT');
  });

  test('each tax rate with what it is of', async () => {
    const lines = [invoiceLine({ amount: 2975 }), invoiceLine({ amount: 1500, taxRate: '7.5', tax: 100 })];
    const [page] = await pagesOf({ lines, tax: 575, taxIncluded: true });
    expect(besides(page!, 'Tax 19% on 25.00 (included)')).toEqual(['4.75']);
    expect(besides(page!, 'Tax 7.5% on 14.00 (included)')).toEqual(['1.00']);
    expect(besides(page!, 'All taxes')).toEqual(['5.75']);
  });

  test('net and tax of each rate in the provider’s own currency too, with rate and day', async () => {
    const taxes = [{ rate: '19', net: 2163, amount: 411 }];
    const accountingTax = { currency: 'GBP', exchangeRate: '0.8652', from: '2026-03-01', taxes };
    const [page] = await pagesOf({ accountingTax });
    expect(pageText(page!)).toContain('1 EUR = 0.8652 GBP (Mar 1, 2026)');
    expect(besides(page!, 'Net at 19%, GBP')).toEqual(['21.63']);
    expect(besides(page!, 'Tax at 19%, GBP')).toEqual(['4.11']);
  });

  test('the days that a line is for', async () => {
    const lines = [invoiceLine({ period: { from: '2026-03-01', to: '2026-03-31' } })];
    expect(await textOf({ lines })).toContain('Mar 1, 2026 – Mar 31, 2026');
  });

  test('all of it in its language, days and amounts too', async () => {
    const lines = [invoiceLine({ unitPrice: 125_050, amount: 250_100 })];
    const [page] = await pagesOf({ language: 'de', lines });
    expect(besides(page!, 'Fällig am')).toEqual(['16.03.2026']);
    expect(pageText(page!)).toContain('2.501,00');
    expect(pageText(page!)).toContain('Seite 1 von 1');
  });

  test('that it is a copy, and of which day', async () => {
    const copy = printedInvoice(sampleInvoice(), null, '2026-05-01');
    const { pages } = await readPdf(await printDocument(dejaVu, copy));
    expect(pageText(pages[0]!)).toContain('Copy of May 1, 2026');
  });

  test.each([
    ['JPY', '2,500'],
    ['KWD', '2.500'],
  ])('amounts with the decimals of %s', async (currency, amount) => {
    const [page] = await pagesOf({ currency });
    expect(besides(page!, 'Subtotal')).toEqual([amount]);
    expect(besides(page!, `Total ${currency}`)).toHaveLength(1);
  });

  test('nothing in a currency that there is not', async () => {
    await expect(renderInvoice(dejaVu, sampleInvoice({ currency: 'XYZ' }))).rejects.toThrow('XYZ');
  });

  test('nothing in parts of minor units', async () => {
    await expect(renderInvoice(dejaVu, sampleInvoice({ total: 0.5 }))).rejects.toThrow(RangeError);
  });
});

describe('the letters', () => {
  test('are Latin, Greek and Cyrillic, composed, with their ligatures read as letters', async () => {
    const text = 'Łódź traffic, Ελλάδα, Україна';
    const buyer = { name: 'Straße Ωμέγα', address: addressOf([text.normalize('NFD')]), taxId: null };
    const lines = (await textOf({ buyer })).split('\n');
    expect(lines).toContain('Straße Ωμέγα');
    expect(lines).toContain(text);
  });

  test('come from the two fonts, of which only what is used is embedded', async () => {
    const { document } = await readPdf(await renderInvoice(dejaVu, sampleInvoice()));
    const fonts = [...fontsOf(document.getPage(0)).values()];
    expect(fonts.map(({ name }) => name.slice(7)).sort()).toEqual(['DejaVuSans', 'DejaVuSans-Bold']);
    for (const { fileBytes, letters } of fonts) {
      expect(fileBytes).toBeLessThan(30_000);
      expect(letters).not.toContain('Ω');
    }
  });

  test('that no viewer shows, or that would turn others around, are left out', async () => {
    const given = {
      'control characters': ['a\u0000b\u0007c\u001b[31m\u009fd\te', 'abc[31md e'],
      'turned around': ['invoice\u202Efdp.exe\u2066', 'invoicefdp.exe'],
      'halves of letters': ['a\ud800b\udc00c', 'abc'],
      unseen: ['x\u200by\u00adz\ufeffu\u{e0041}', 'xyzu'],
      'line ends': [`o\rp\u2028q${'\r\n'.repeat(5_000)}s`, 'o\n2\n12.50\n19%\n25.00\np\nq\ns'],
      nothing: [' \n\u0000\n', 'Total EUR'],
    } satisfies Record<string, [string, string]>;
    const lines = Object.values(given).map(([description]) => invoiceLine({ description }));
    const text = `\n${await textOf({ lines })}\n`;
    for (const [what, [, expected]] of Object.entries(given)) expect(text, what).toContain(`\n${expected}\n`);
  });

  test.each([
    ['of other writings', 'שלום سلام 漢字 क्षत्रिय 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪'],
    ['with marks upon marks', `a${'\u0301\u0323'.repeat(5_000)}`],
    ['on 1,000 lines', 'x\n'.repeat(1_000)],
  ])('may be %s', async (_, description) => {
    expect(await textOf(described(description))).toContain('Total EUR');
  });
});

describe('long texts', () => {
  test('of 10,000 letters without a space are broken within their column, and none is lost', async () => {
    const word = Array.from({ length: 10_000 }, (_, index) => (index % 36).toString(36)).join('');
    const pages = await pagesOf(described(word));
    const pieces = pages.flatMap(({ texts }) => texts).filter(({ text }) => /^[0-9a-z]{10,}$/.test(text));
    expect(pieces.map(({ text }) => text).join('')).toBe(word);
    expect(Math.max(...pieces.map(({ x, width }) => x + width))).toBeLessThan(285);
    expect(pages.length).toBeGreaterThan(3);
    for (const page of pages) expect(besides(page, 'Description')).toContain('Amount EUR');
  });

  test('wrap between words', async () => {
    const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');
    const [page] = await pagesOf(described(words));
    const lines = page!.texts.filter(({ text }) => text.startsWith('word'));
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.map(({ text }) => text).join(' ')).toBe(words);
    expect(Math.max(...lines.map(({ x, width }) => x + width))).toBeLessThan(285);
  });

  test('do not leave the page, wherever they stand', async () => {
    const long = 'Wort'.repeat(250);
    const party = { name: long, taxId: long };
    const address = [long, long];
    const pages = await pagesOf({
      seller: { ...party, address, footer: `${long}\n${'line\n'.repeat(100)}`, logo: null },
      buyer: { ...party, address: addressOf(address) },
      number: long,
      lines: [invoiceLine({ description: long, quantity: 1e20, taxRate: '100.1234' })],
    });
    expect(pages.flatMap(({ texts }) => texts).filter(leavesThePage)).toEqual([]);
    expect(pageText(pages.at(-1)!)).toContain('Total EUR');
  });

  test('of an address go on on another page, right before the lines', async () => {
    const address = Array.from({ length: 55 }, (_, index) => `Address ${index}`);
    const [, second] = await pagesOf({
      buyer: { name: 'Acme Ltd', address: addressOf(address), taxId: null },
    });
    const last = second!.texts.find(({ text }) => text === 'Address 54')!;
    const heading = second!.texts.find(({ text }) => text === 'Description')!;
    expect(last.y - heading.y).toBeLessThan(50);
  });

  test('are no need: short ones leave the lines below what stands beside them', async () => {
    const party = { name: 'A', taxId: null };
    const seller = { ...party, address: [], footer: null, logo: null };
    const [page] = await pagesOf({ seller, buyer: { ...party, address: {} } });
    const heightOf = (name: string) => page!.texts.find(({ text }) => text === name)!.y;
    expect(heightOf('Due date') - heightOf('Description')).toBeGreaterThan(20);
  });

  test('of the largest amounts keep clear of each other', async () => {
    const largest = 1_000_000_000_000_000;
    const line = invoiceLine({ quantity: 100_000, unitPrice: largest, amount: largest, taxRate: '100.1234' });
    const [page] = await pagesOf({ lines: [line], total: largest });
    const row = page!.texts.filter(({ y }) => y === page!.texts.find(({ text }) => text === '100000')!.y);
    const sorted = row.sort((a, b) => a.x - b.x);
    const gaps = sorted.slice(1).map(({ x }, index) => x - sorted[index]!.x - sorted[index]!.width);
    expect(Math.min(...gaps)).toBeGreaterThan(2);
    expect(page!.texts.filter(leavesThePage)).toEqual([]);
  });
});

describe('many lines', () => {
  test('go on over as many pages as they need, in order, whole, each page with heading and number', async () => {
    const pages = await pagesOf({ lines: invoiceLines(1_000) });
    expect(pages.length).toBeGreaterThan(20);
    const numbers = pages.flatMap(({ texts }) =>
      texts.flatMap(({ text }) => /^#(\d+) /.exec(text)?.[1] ?? []).map(Number),
    );
    expect(numbers).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    for (const [index, page] of pages.entries()) {
      expect([Math.round(page.width), Math.round(page.height)]).toEqual([595, 842]);
      expect(pageText(page)).toContain(`Page ${index + 1} of ${pages.length}`);
      expect(pageText(page)).toContain('IBAN DE02 1203 0000 0000 2020 51');
      expect(page.texts.filter(leavesThePage)).toEqual([]);
      const foot = page.texts.find(({ text }) => text.startsWith('IBAN'))!;
      const body = page.texts.filter(({ size }) => size > foot.size);
      expect(Math.min(...body.map(({ y }) => y))).toBeGreaterThan(foot.y + 10);
      if (page.texts.some(({ text }) => text.startsWith('#'))) {
        expect(besides(page, 'Description')).toEqual(['Quantity', 'Unit price', 'Tax', 'Amount EUR']);
      }
      const count = (matches: (text: string) => boolean) =>
        page.texts.filter(({ text }) => matches(text)).length;
      expect(count((text) => text === '19%')).toBe(count((text) => text.startsWith('#')));
      expect(count((text) => text.startsWith('2026-03-01'))).toBe(count((text) => text.includes('Managed')));
    }
  });

  test('leave the totals on one page', async () => {
    for (const lines of [18, 19, 20].map(invoiceLines)) {
      const pages = await pagesOf({ lines });
      const totals = pages.filter(({ texts }) => texts.some(({ text }) => text === 'Subtotal'));
      expect(totals.map((page) => pageText(page).includes('Total EUR'))).toEqual([true]);
    }
  });

  test('may be none', async () => {
    expect(await textOf({ lines: [] })).toContain('Amount EUR\nSubtotal');
  });
});

describe('the logo', () => {
  const size = ({ images }: ReadPage) =>
    images.map(({ width, height }) => [Math.round(width), Math.round(height)]);

  test('stands in the upper left corner, as large as its box allows, in its proportions', async () => {
    const [wide] = await pagesOf(logo(plainPng(400, 40)));
    const [high] = await pagesOf(logo(plainPng(20, 80)));
    expect(size(wide!)).toEqual([[200, 20]]);
    expect(size(high!)).toEqual([[16, 64]]);
    for (const page of [wide!, high!]) {
      const [image] = page.images;
      expect(image).toMatchObject({ x: 50, hasOpacity: true });
      expect(image!.y + image!.height).toBeCloseTo(page.height - 50, 3);
      const name = page.texts.find(({ text }) => text === 'Example Hosting GmbH')!;
      expect(name.y + name.size).toBeLessThan(image!.y);
    }
  });

  test('may be a JPEG', async () => {
    const [page] = await pagesOf(logo(jpeg(300, 30)));
    expect(size(page!)).toEqual([[200, 20]]);
    expect(page!.images[0]!.hasOpacity).toBe(false);
  });

  const png = plainPng(40, 40);
  const damaged = Buffer.from(png);
  damaged.fill(0xee, 60, 80);

  test.each([
    ['missing', null],
    ['no image', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['damaged', damaged],
    ['a JPEG without a size', jpeg(0, 30)],
    ['a JPEG cut off', jpeg(300, 30).subarray(0, 8)],
  ])('gives way to the provider’s name where it is %s', async (_, bytes) => {
    const [page] = await pagesOf(logo(bytes));
    expect(page!.images).toEqual([]);
    const names = page!.texts.filter(({ text }) => text === 'Example Hosting GmbH');
    expect(names.map(({ size }) => size)).toEqual([15]);
  });
});

describe('the file', () => {
  test('is the same byte by byte for the same invoice, on any day, and another for another', async () => {
    const invoice = sampleInvoice({ ...logo(plainPng(30, 10)), lines: invoiceLines(30) });
    const first = Buffer.from(await renderInvoice(dejaVu, invoice));
    const other = Buffer.from(await renderInvoice(dejaVu, { ...invoice, total: 1 }));
    vi.useFakeTimers({ now: new Date('2031-05-05T05:05:05Z'), toFake: ['Date'] });
    const again = Buffer.from(await renderInvoice(dejaVu, structuredClone(invoice)));
    expect(again.equals(first)).toBe(true);
    expect(other.equals(first)).toBe(false);
  });

  test('tells its title, author, day and language', async () => {
    const seller = { ...sampleInvoice().seller, name: 'Ωμέγα (Hosting)\u0000\\' };
    const { document } = await readPdf(await renderInvoice(dejaVu, sampleInvoice({ seller })));
    expect(document.getTitle()).toBe('Invoice 2026-0042');
    expect(document.getAuthor()).toBe('Ωμέγα (Hosting)\\');
    expect(document.getCreationDate()).toEqual(new Date('2026-03-02T00:00:00Z'));
    expect(String(document.catalog.get(PDFName.of('Lang')))).toBe('(en)');
  });

  test('of a draft is dated by the day on which it would be due', async () => {
    const draft = sampleInvoice({ number: null, issuedOn: null });
    const { document } = await readPdf(await renderInvoice(dejaVu, draft));
    expect(document.getTitle()).toBe('Invoice DRAFT');
    expect(document.getCreationDate()).toEqual(new Date('2026-03-16T00:00:00Z'));
  });

  test('is not made with what is no font', async () => {
    const fonts = { ...dejaVu, bold: Buffer.from('no font') };
    await expect(renderInvoice(fonts, sampleInvoice())).rejects.toThrow('font');
  });
});
