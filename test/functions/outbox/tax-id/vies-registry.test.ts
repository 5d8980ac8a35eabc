import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { viesRegistry } from '../../../../functions/outbox/tax-id/vies-registry.ts';

/**
 * The shapes that VIES documents for `POST /check-vat-number`
 * (https://ec.europa.eu/taxation_customs/vies/#/technical-information), with other names in them.
 */
const known = {
  countryCode: 'FR',
  vatNumber: '83404833048',
  requestDate: '2026-03-01T10:00:00.123Z',
  valid: true,
  requestIdentifier: 'WAPIAAAAY1z2',
  name: 'ACME SAS',
  address: '1 RUE DE LA PAIX\n75002 PARIS',
  traderName: '---',
  traderStreet: '---',
  traderPostalCode: '---',
  traderCity: '---',
  traderCompanyType: '---',
  traderNameMatch: 'NOT_PROCESSED',
  traderStreetMatch: 'NOT_PROCESSED',
  traderPostalCodeMatch: 'NOT_PROCESSED',
  traderCityMatch: 'NOT_PROCESSED',
  traderCompanyTypeMatch: 'NOT_PROCESSED',
};
const unknownNumber = { ...known, valid: false, requestIdentifier: '', name: '---', address: '---' };
const failed = (error: string) => ({ actionSucceed: false, errorWrappers: [{ error }] });

let server: Server;
let asked: { path: string; body: unknown }[];
let answers: ({ status?: number; text: string } | 'silence' | 'hang up')[];

beforeEach(async () => {
  [asked, answers] = [[], []];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => (text += part));
    request.on('end', () => {
      asked.push({ path: `${request.method} ${request.url}`, body: JSON.parse(text) });
      const answer = answers.shift() ?? 'hang up';
      if (answer === 'hang up') return request.socket.destroy();
      if (answer === 'silence') return;
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' }).end(answer.text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const registry = (timeoutMs?: number) =>
  viesRegistry(`http://127.0.0.1:${(server.address() as AddressInfo).port}/rest-api`, timeoutMs);
const json = (body: object, status = 200) => ({ status, text: JSON.stringify(body) });
const number = { prefix: 'FR', number: '83404833048' };
const asker = { prefix: 'DE', number: '123456789' };

describe('VIES', () => {
  test('is asked in the provider’s name, and what it says is kept', async () => {
    answers = [json(known)];
    expect(await registry().check(number, asker)).toEqual({
      state: 'valid',
      answer: {
        requestDate: '2026-03-01T10:00:00.123Z',
        requestIdentifier: 'WAPIAAAAY1z2',
        name: 'ACME SAS',
        address: '1 RUE DE LA PAIX\n75002 PARIS',
      },
    });
    expect(asked).toEqual([
      {
        path: 'POST /rest-api/check-vat-number',
        body: {
          countryCode: 'FR',
          vatNumber: '83404833048',
          requesterMemberStateCode: 'DE',
          requesterNumber: '123456789',
        },
      },
    ]);
  });

  test('says that there is no such number, without what it leaves out', async () => {
    answers = [json(unknownNumber)];
    const { requestDate } = unknownNumber;
    expect(await registry().check(number)).toEqual({ state: 'invalid', answer: { requestDate } });
    expect(asked[0]!.body).toEqual({ countryCode: 'FR', vatNumber: '83404833048' });
  });

  test('says that it cannot be such a number', async () => {
    answers = [json(failed('INVALID_INPUT'), 400)];
    expect(await registry().check(number)).toEqual({ state: 'invalid' });
  });

  test.each([
    'MS_UNAVAILABLE',
    'MS_MAX_CONCURRENT_REQ',
    'GLOBAL_MAX_CONCURRENT_REQ',
    'SERVICE_UNAVAILABLE',
    'TIMEOUT',
    'VAT_BLOCKED',
    'IP_BLOCKED',
    'SOMETHING_NEW',
  ])('does not know it now: %s', async (error) => {
    answers = [json(failed(error)), json({ ...failed(error), valid: false }, 500)];
    expect(await registry().check(number)).toEqual({ state: 'unknown' });
    expect(await registry().check(number)).toEqual({ state: 'unknown' });
    expect(asked).toHaveLength(2);
  });

  test('that does not know the provider is asked once more, in nobody’s name', async () => {
    answers = [json(failed('INVALID_REQUESTER_INFO'), 400), json(known)];
    expect(await registry().check(number, asker)).toMatchObject({ state: 'valid' });
    expect(asked.map(({ body }) => Object.keys(body as object).length)).toEqual([4, 2]);
    answers = [json(failed('INVALID_REQUESTER_INFO'), 400)];
    expect(await registry().check(number)).toEqual({ state: 'unknown' });
    expect(asked).toHaveLength(3);
  });

  test.each([
    ['a page of HTML', { status: 503, text: '<html>Maintenance</html>' }],
    ['another shape', json({ valid: 'yes' })],
    ['nothing of the number', json({})],
    ['a list', { text: '[]' }],
  ])('that answers %s counts as not having answered', async (_, answer) => {
    answers = [answer];
    expect(await registry().check(number, asker)).toEqual({ state: 'unknown' });
  });

  test('that hangs up, says nothing in time, or leads elsewhere counts as not having answered', async () => {
    answers = ['hang up', 'silence'];
    expect(await registry().check(number)).toEqual({ state: 'unknown' });
    expect(await registry(50).check(number)).toEqual({ state: 'unknown' });
    const elsewhere = viesRegistry('http://127.0.0.1:1');
    expect(await elsewhere.check(number)).toEqual({ state: 'unknown' });
  });
});
