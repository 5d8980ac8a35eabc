import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** How long a secret is cached, and so how long a rotation can take to have effect. */
const cacheMs = 5 * 60_000;

/** Reads one secret at its first use and caches it. */
export function secretReader<T>(secretArn: string, parse: (secret: string) => T): () => Promise<T> {
  const client = new SecretsManagerClient({});
  let cached: { value: T; at: number } | undefined;
  return async () => {
    if (cached && performance.now() - cached.at < cacheMs) return cached.value;
    const answer = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
    cached = { value: parse(answer.SecretString ?? ''), at: performance.now() };
    return cached.value;
  };
}
