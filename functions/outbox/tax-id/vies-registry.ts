import * as z from 'zod/mini';
import type { TaxIdRegistry } from '../../../shared/accounts/tax-id/tax-id-check.ts';

export const viesUrl = 'https://ec.europa.eu/taxation_customs/vies/rest-api';

const text = z.optional(z.nullable(z.string()));

/** What VIES answers: what it knows of the number, or why it does not. */
const said = z.object({
  valid: z.optional(z.boolean()),
  requestDate: text,
  requestIdentifier: text,
  name: text,
  address: text,
  errorWrappers: z.optional(z.array(z.object({ error: z.optional(z.string()) }))),
});

type Said = z.output<typeof said>;
type Answer = Awaited<ReturnType<TaxIdRegistry['check']>>;

/**
 * The EU's register of tax ids (VIES), by its REST API. What asks in the name of a tax id of its own gets a number as a
 * proof of having asked. Whatever is no clear answer counts as none.
 */
export function viesRegistry(url = viesUrl, timeoutMs = 5000): TaxIdRegistry {
  const ask = async (question: Record<string, string>): Promise<Said | undefined> => {
    try {
      const response = await fetch(`${url}/check-vat-number`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify(question),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      return said.parse(await response.json());
    } catch {
      // Down, too slow, or a page about maintenance.
      return undefined;
    }
  };
  return {
    async check({ prefix, number }, asker) {
      const question = { countryCode: prefix, vatNumber: number };
      const inName = asker && { requesterMemberStateCode: asker.prefix, requesterNumber: asker.number };
      const first = await ask({ ...question, ...inName });
      // Our own tax id may be too new for VIES: that says nothing of the other one.
      const isAskerUnknown = inName && errorOf(first) === 'INVALID_REQUESTER_INFO';
      return answerOf(isAskerUnknown ? await ask(question) : first);
    },
  };
}

const errorOf = (answer: Said | undefined): string | undefined => answer?.errorWrappers?.[0]?.error;

function answerOf(answer: Said | undefined): Answer {
  if (errorOf(answer) === 'INVALID_INPUT') return { state: 'invalid' };
  if (answer?.valid === undefined || errorOf(answer) !== undefined) return { state: 'unknown' };
  const { requestDate, requestIdentifier, name, address } = answer;
  const facts = Object.entries({ requestDate, requestIdentifier, name, address }).filter(
    // Some countries give no names: three dashes stand there.
    (fact): fact is [string, string] => Boolean(fact[1]) && fact[1] !== '---',
  );
  return {
    state: answer.valid ? 'valid' : 'invalid',
    ...(facts.length > 0 ? { answer: Object.fromEntries(facts) } : {}),
  };
}
