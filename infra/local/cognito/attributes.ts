import { type Attribute, invalidParameter, notAuthorized } from './protocol.ts';

const STANDARD_ATTRIBUTES = new Set(
  (
    'address birthdate email email_verified family_name gender given_name locale middle_name name nickname ' +
    'phone_number phone_number_verified picture preferred_username profile updated_at website zoneinfo'
  ).split(' '),
);

/** @throws CognitoError where the pool has no such attribute or it cannot have the value */
export function checkAttribute({ Name: name, Value: value }: Attribute): void {
  if (name === 'sub') throw invalidParameter('Cannot modify the non-mutable attribute sub');
  if (!STANDARD_ATTRIBUTES.has(name) && !/^(dev:)?custom:\w{1,20}$/.test(name)) {
    throw invalidParameter(
      `Attributes did not conform to the schema: Type for attribute {${name}} could not be determined`,
    );
  }
  if (value.length > 2048) {
    throw invalidParameter(`Attributes did not conform to the schema: ${name}: Attribute too long.`);
  }
  if (name.endsWith('_verified') && !['true', 'false', ''].includes(value)) {
    throw invalidParameter(`Attributes did not conform to the schema: ${name}: Attribute must be boolean.`);
  }
  if (name === 'email' && value !== '' && !/^[^\s@]+@[^\s@]+$/.test(value)) {
    throw invalidParameter('Invalid email address format.');
  }
}

/**
 * Refuses what the client may not write: what its template does not list or, where it lists nothing, whatever is not
 * standard. No client verifies an address.
 */
export function checkWritable(attributes: Attribute[], writable: readonly string[] | undefined): void {
  const allowed = ({ Name: name }: Attribute): boolean =>
    !name.endsWith('_verified') && (writable ? writable.includes(name) : !/^(dev:)?custom:/.test(name));
  if (!attributes.every(allowed)) {
    throw notAuthorized('A client attempted to write unauthorized attribute');
  }
}
