import type { Phrase } from '../language/phrase.ts';

/** The placeholder `changedBy` of what staff did: clients are not told who of them. */
export function byTheProvider({ providerName }: { providerName: string }): {
  data: { changedBy: string };
  words: Record<string, Phrase>;
} {
  return {
    data: { changedBy: providerName || 'The provider' },
    words: providerName === '' ? { changedBy: { key: 'provider.nameless' } } : {},
  };
}
