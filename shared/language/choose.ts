import { defaultLanguage, type Language, languages } from './languages.ts';

/** The portal's language for a BCP 47 tag, German for `de-AT`; undefined where it speaks none. */
export function spoken(tag: string | null | undefined): Language | undefined {
  const wanted = tag?.toLowerCase();
  const primary = wanted?.split('-')[0];
  return (
    languages.find((language) => language === wanted) ?? languages.find((language) => language === primary)
  );
}

/** The first of these tags that the portal speaks. */
export function firstSpoken(...tags: (string | null | undefined)[]): Language {
  for (const tag of tags) {
    const language = spoken(tag);
    if (language) return language;
  }
  return defaultLanguage;
}

/** What a browser would like to read (RFC 9110), the best first, without those that it does not want. */
export function acceptedTags(header: string | undefined): string[] {
  const wanted = (header ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((each) => each.trim());
      const quality = parameters.find((each) => each.startsWith('q='))?.slice(2);
      return { tag, quality: quality === undefined ? 1 : Number(quality) };
    });
  return wanted
    .filter(({ tag, quality }) => tag !== '' && quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag);
}
