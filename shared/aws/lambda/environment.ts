/**
 * The environment variables that an entry point needs, by name. Entry points read them when the function starts.
 * @throws Error naming the missing ones
 */
export function environment<const N extends string>(...names: N[]): Record<N, string> {
  const missing = names.filter((name) => !process.env[name]);
  if (missing.length > 0) throw new Error(`Missing environment variables: ${missing.join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, process.env[name]])) as Record<N, string>;
}

/** An optional environment variable; empty if missing. */
export const optionalEnvironment = (name: string): string => process.env[name] ?? '';
