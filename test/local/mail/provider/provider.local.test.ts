import { afterAll, beforeAll, describe } from 'vitest';
import { aboutDepartments } from './departments.ts';
import { aboutTheHourlyLimit } from './hourly-limit.ts';
import { aboutTemplates } from './templates.ts';
import { aboutNewAddresses } from './new-address.ts';
import { OwnPortal } from './own-portal.ts';

/** What changes the portal for everybody (departments, settings, templates): in a cloud of its own. */
const portal = new OwnPortal();

beforeAll(() => portal.open(), 120_000);
afterAll(() => portal.close());

describe('departments', () => aboutDepartments(portal));
describe('the setting mail.hourlyLimit', () => aboutTheHourlyLimit(portal));
describe('mail templates', () => aboutTemplates(portal));
describe('a new address of a login', () => aboutNewAddresses(portal));
