import { afterAll, beforeAll, describe } from 'vitest';
import { aboutFloods } from './flood.ts';
import { aboutFaults } from './faults.ts';
import { aboutTheClock } from './clock.ts';
import { OwnPortal } from './own-portal.ts';

/** What loads the portal, fails beneath it or moves its clock: in a cloud of its own. */
const portal = new OwnPortal();

beforeAll(() => portal.open(), 120_000);
afterAll(() => portal.close());

describe('a flood of mail', () => aboutFloods(portal));
describe('faults underneath', () => aboutFaults(portal));
describe('the clock', () => aboutTheClock(portal));
