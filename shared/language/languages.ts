/** The languages that the portal speaks, by their BCP 47 tags. */
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

/** What is spoken where nobody said anything else. */
export const defaultLanguage: Language = 'en';
