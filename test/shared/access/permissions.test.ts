import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeGrants, encodeGrants, type Grant } from '../../../shared/access/caller.ts';
import { decide } from '../../../shared/access/decide.ts';
import { delegationRefusal } from '../../../shared/access/delegation.ts';
import {
  decodeStaff,
  encodeStaff,
  permissionsOfRoles,
  type Staff,
  type StaffRole,
  staffRoleKeys,
} from '../../../shared/access/staff.ts';
import {
  everyPermission,
  fromMask,
  type Permission,
  permissionKeys,
  permissions,
  permissionSets,
  toMask,
} from '../../../shared/access/permissions.ts';
import { rolePermissions as opens } from '../../support/role-permissions.ts';

const now = new Date('2026-03-01T10:00:00Z');
const nowSeconds = now.getTime() / 1000;
const somePermissions = fc.subarray([...permissionKeys]);
const word = fc.stringMatching(/^[A-Za-z0-9_]{1,20}$/);
const anyGrant: fc.Arbitrary<Grant> = fc
  .record({
    accountId: word,
    role: fc.constantFrom('owner' as const, 'sub-account' as const),
    contactId: fc.option(word),
    version: word,
    permissions: somePermissions.map(toMask),
    expiresAtSeconds: fc.option(fc.integer({ min: 0, max: 4_000_000_000 })),
  })
  .map((grant) => (grant.role === 'owner' ? { ...grant, permissions: everyPermission } : grant));

const staff = (...roles: StaffRole[]): Staff => ({ roles, version: 'v1' });
const administrator = staff('administrator');
const someRoles = fc.uniqueArray(fc.constantFrom(...staffRoleKeys));
const authorityOf = (of: Staff) => ({
  kind: 'staff' as const,
  staff: of,
  permissions: permissionsOfRoles(of.roles),
});

describe('the catalogue', () => {
  test('gives every key a bit of its own that never moves', () => {
    expect(permissions.map(({ key, bit }) => `${bit} ${key}`)).toEqual([
      '0 profile',
      '1 contacts',
      '2 products',
      '3 manage-products',
      '4 domains',
      '5 manage-domains',
      '6 invoices',
      '7 quotes',
      '8 tickets',
      '9 emails',
      '10 orders',
      '11 documents',
      '12 statistics',
      '13 linked-accounts',
    ]);
  });

  test('has three sets, and everything is everything', () => {
    expect(permissionSets.map((set) => set.key)).toEqual(['billing', 'technical', 'everything']);
    expect(permissionSets.at(-1)?.permissions).toEqual(permissionKeys);
  });

  test('a mask holds exactly the keys that went in', () => {
    fc.assert(
      fc.property(somePermissions, (keys) => {
        expect(fromMask(toMask(keys))).toEqual(permissionKeys.filter((key) => keys.includes(key)));
      }),
    );
  });
});

describe('an encoded grant', () => {
  test('comes back as it went in', () => {
    fc.assert(
      fc.property(fc.array(anyGrant, { maxLength: 20 }), (grants) => {
        expect(decodeGrants(encodeGrants(grants))).toEqual(grants);
      }),
    );
  });

  test.each(['x', 'acct.o', 'acct.x.1.v..', 'acct.s.!.v..', '.o.1.v..'])(
    'is refused when it reads %s',
    (text) => {
      expect(() => decodeGrants(text)).toThrow();
    },
  );

  test('of fifty accounts takes under 4 KB', () => {
    const grants = Array.from({ length: 50 }, (_, index) => ({
      accountId: `acct_01JNQ5Z3V7W8X9Y0ABCDEFGH${index % 10}J`,
      role: 'sub-account' as const,
      contactId: `con_01JNQ5Z3V7W8X9Y0ABCDEFGH${index % 10}J`,
      version: 'abcdefghijkl',
      permissions: everyPermission,
      expiresAtSeconds: 1_800_000_000,
    }));
    expect(encodeGrants(grants).length).toBeLessThan(5000);
  });
});

describe('the decision', () => {
  const grant = (permissionsHeld: Permission[], extra: Partial<Grant> = {}): Grant => ({
    accountId: 'acct_a',
    role: 'sub-account',
    contactId: 'con_1',
    version: 'v1',
    permissions: toMask(permissionsHeld),
    expiresAtSeconds: null,
    ...extra,
  });
  const caller = (grants: Grant[], staff: Staff | null = null) => ({
    userId: 'u',
    name: 'U',
    email: 'u@x.test',
    staff,
    grants,
  });

  test('allows exactly what the grant holds, for every key', () => {
    fc.assert(
      fc.property(somePermissions, fc.constantFrom(...permissionKeys), (held, required) => {
        const decision = decide(caller([grant(held)]), 'acct_a', required, now);
        expect(decision.allowed).toBe(held.includes(required));
      }),
    );
  });

  test('of another account is as if that account did not exist', () => {
    expect(decide(caller([grant([...permissionKeys])]), 'acct_b', 'tickets', now)).toEqual({
      allowed: false,
      because: 'unknown',
    });
  });

  test('counts an expired grant for nothing, from the second it ends', () => {
    const ends = (expiresAtSeconds: number) => caller([grant(['tickets'], { expiresAtSeconds })]);
    expect(decide(ends(nowSeconds), 'acct_a', 'tickets', now)).toEqual({
      allowed: false,
      because: 'unknown',
    });
    expect(decide(ends(nowSeconds + 1), 'acct_a', 'tickets', now).allowed).toBe(true);
    expect(decide(ends(nowSeconds), 'acct_a', 'member', now).allowed).toBe(false);
  });

  test('lets members in where membership alone is asked, with no permission at all', () => {
    expect(decide(caller([grant([])]), 'acct_a', 'member', now).allowed).toBe(true);
  });

  test('lets administrators into every account, and nobody but staff onto staff routes', () => {
    expect(decide(caller([], administrator), 'acct_b', 'invoices', now).allowed).toBe(true);
    expect(decide(caller([], administrator), null, 'staff', now).allowed).toBe(true);
    expect(decide(caller([], staff('support')), null, 'staff', now).allowed).toBe(true);
    expect(decide(caller([grant([...permissionKeys])]), null, 'staff', now)).toEqual({
      allowed: false,
      because: 'staff-only',
    });
    expect(decide(caller([]), 'acct_a', 'staff', now)).toEqual({ allowed: false, because: 'unknown' });
  });

  test('opens to staff what one of their roles opens, in every account, and nothing more', () => {
    fc.assert(
      fc.property(someRoles, fc.constantFrom(...permissionKeys), (roles, required) => {
        const decision = decide(caller([], staff(...roles)), 'acct_b', required, now);
        expect(decision.allowed).toBe(roles.some((role) => opens[role].includes(required)));
        expect(decide(caller([], staff(...roles)), 'acct_b', 'member', now).allowed).toBe(true);
      }),
    );
  });

  test('opens to staff the routes of their roles, and every one to administrators', () => {
    fc.assert(
      fc.property(someRoles, fc.constantFrom(...staffRoleKeys), (roles, needed) => {
        const decision = decide(caller([], staff(...roles)), null, `staff:${needed}`, now);
        expect(decision.allowed).toBe(roles.includes(needed) || roles.includes('administrator'));
      }),
    );
  });

  test('makes a client of a member of staff in an account in which they have a part', () => {
    const both = caller([grant(['tickets'])], administrator);
    expect(decide(both, 'acct_a', 'tickets', now)).toMatchObject({ authority: { kind: 'member' } });
    expect(decide(both, 'acct_a', 'invoices', now)).toMatchObject({ because: 'permission' });
    expect(decide(both, 'acct_a', 'staff:billing', now)).toEqual({ allowed: false, because: 'staff-only' });
    expect(decide(both, 'acct_b', 'staff:billing', now)).toMatchObject({ authority: { kind: 'staff' } });
  });

  test('hands staff on in the authoriser’s context as they are', () => {
    for (const each of [null, administrator, staff('support', 'billing')]) {
      expect(decodeStaff(encodeStaff(each))).toEqual(each);
    }
    expect(() => decodeStaff('v1.king')).toThrow('Malformed staff');
  });
});

describe('the limit of delegation', () => {
  const delegate = (held: Permission[], extra: Partial<Grant> = {}) => ({
    kind: 'member' as const,
    grant: {
      accountId: 'acct_a',
      role: 'sub-account' as const,
      contactId: 'con_me',
      version: 'v',
      permissions: toMask(held),
      expiresAtSeconds: null,
      ...extra,
    },
  });
  const target = (holds: Permission[], wants: Permission[], extra = {}) => ({
    contactId: 'con_other',
    holds: toMask(holds),
    wants: toMask(wants),
    wantsUntilSeconds: null,
    changesAccess: true,
    ...extra,
  });

  test('never lets anybody give, take or touch what they lack, and names exactly that', () => {
    fc.assert(
      fc.property(somePermissions, somePermissions, somePermissions, (held, holds, wants) => {
        const touched = new Set([...holds, ...wants]);
        const lacking = permissionKeys.filter((key) => touched.has(key) && !held.includes(key));
        const refused = delegationRefusal(delegate(held), target(holds, wants));
        expect(refused?.exceeds ?? []).toEqual(lacking);
      }),
    );
  });

  test('never lets anybody change their own access, not even by giving it up', () => {
    const own = target(['contacts', 'tickets'], ['contacts'], { contactId: 'con_me' });
    expect(delegationRefusal(delegate(['contacts', 'tickets']), own)?.because).toBe('own-access');
  });

  test('lets people change their own telephone number', () => {
    const own = target(['contacts'], ['contacts'], { contactId: 'con_me', changesAccess: false });
    expect(delegationRefusal(delegate(['contacts']), own)).toBeNull();
  });

  test('gives nothing for longer than the giver has it', () => {
    const ending = delegate(['contacts', 'tickets'], { expiresAtSeconds: 1000 });
    const until = (wantsUntilSeconds: number | null) => target([], ['tickets'], { wantsUntilSeconds });
    expect(delegationRefusal(ending, until(null))?.because).toBe('outlives');
    expect(delegationRefusal(ending, until(1001))?.because).toBe('outlives');
    expect(delegationRefusal(ending, until(1000))).toBeNull();
  });

  test('lets staff give and take what their roles open', () => {
    const refused = delegationRefusal(
      authorityOf(staff('accounts')),
      target(['contacts'], ['contacts', 'invoices']),
    );
    expect(refused).toEqual({ exceeds: ['invoices'], because: 'not-held' });
    expect(delegationRefusal(authorityOf(staff('accounts')), target([], ['contacts']))).toBeNull();
  });

  test('is none for the owner and for administrators', () => {
    const all = target([...permissionKeys], [...permissionKeys], { contactId: 'con_me' });
    expect(delegationRefusal(delegate([], { role: 'owner', contactId: null }), all)).toBeNull();
    expect(delegationRefusal(authorityOf(administrator), all)).toBeNull();
  });
});
