import * as fc from 'fast-check';
import { test } from 'vitest';
import { checkMessage } from '../../../fuzz/check-message.ts';
import { messages } from '../../../fuzz/messages.ts';

/** Another seed is tried by `node test/fuzz/fuzz.ts`; a failure says with which seed and message it came. */
const seed = 20_260_302;

test(
  'any message is recorded once, refused as unreadable, or nothing else',
  { timeout: 60_000 },
  async () => {
    await fc.assert(fc.asyncProperty(messages, checkMessage), { seed, numRuns: 150 });
  },
);
