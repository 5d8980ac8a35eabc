/**
 * The variables that a function's entry needs, by name.
 * @throws Error naming those that are missing, when the function starts rather than at its first use
 */
export function environment<const N extends string>(...names: N[]): Record<N, string> {
  const missing = names.filter((name) => !process.env[name]);
  if (missing.length > 0) throw new Error(`Missing environment variables: ${missing.join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, process.env[name]])) as Record<N, string>;
}

/** A variable that may be missing; empty then. */
export const optionalEnvironment = (name: string): string => process.env[name] ?? '';
