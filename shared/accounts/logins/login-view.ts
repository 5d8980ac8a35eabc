import type { Login } from '../people.ts';

/** The login as its person reads it. */
export function loginView({ userId, name, email, language, timeZone, secondFactor, proven }: Login) {
  return {
    id: userId,
    name,
    email,
    language: language ?? 'en',
    timeZone: timeZone ?? null,
    secondFactor: secondFactor !== undefined,
    proven: proven ?? false,
  };
}
