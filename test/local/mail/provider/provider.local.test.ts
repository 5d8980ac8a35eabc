import { afterAll, beforeAll, describe } from 'vitest';
import { aboutFloods } from './flood.ts';
import { aboutDepartments } from './departments.ts';
import { aboutTheHourlyLimit } from './hourly-limit.ts';
import { aboutTemplates } from './templates.ts';
import { aboutFaults } from './faults.ts';
import { aboutTheClock } from './clock.ts';
import { aboutNewAddresses } from './new-address.ts';
import { OwnPortal } from './own-portal.ts';

/** What changes the portal for everybody (departments, settings, templates, its clock, faults) or loads it: in a cloud of its own. */
const portal = new OwnPortal();

beforeAll(() => portal.open(), 120_000);
afterAll(() => portal.close());

describe('a flood of mail', () => aboutFloods(portal));
describe('departments', () => aboutDepartments(portal));
describe('the setting mail.hourlyLimit', () => aboutTheHourlyLimit(portal));
describe('mail templates', () => aboutTemplates(portal));
describe('faults underneath', () => aboutFaults(portal));
describe('the clock', () => aboutTheClock(portal));
describe('a new address of a login', () => aboutNewAddresses(portal));
