import type { FieldError } from '../../shared/core/problem.ts';
import { imageOf } from '../../shared/invoices/documents/logos.ts';
import { isPrintableImage, lettersWithoutForm } from '../../shared/pdf/printable.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import type { TaxWords } from '../../shared/settings/tax-rules.ts';

const printedTexts = [
  'provider.name',
  'provider.address',
  'provider.taxId',
  'provider.invoiceFooter',
] as const satisfies (keyof Settings)[];

/** What of these settings documents could not show: said when they are saved, because an issued document stays as it is. */
export function printFaults(changes: Partial<Settings>): FieldError[] {
  const texts = printedTexts.map((key) => [key, changes[key]] as const);
  const words = (changes['tax.rules'] ?? []).flatMap(({ words }, index) =>
    textsOf(words).map((text) => [`tax.rules.${index}.words`, text] as const),
  );
  const faults = [...texts, ...words].flatMap(([path, text]) => textFault(path, text ?? ''));
  const image = imageOf(changes['provider.logo'] ?? '');
  if (image === null || isPrintableImage(image)) return faults;
  const message = 'must be a whole PNG, or a JPEG of eight bits, that documents can show';
  return [...faults, { path: 'provider.logo', code: 'wrong-format', message }];
}

function textsOf(words: TaxWords | undefined): string[] {
  if (typeof words === 'string') return [words];
  return Object.values(words ?? {}).filter((text) => text !== undefined);
}

function textFault(path: string, text: string): FieldError[] {
  const letters = lettersWithoutForm(text);
  if (letters.length === 0) return [];
  const message = `has letters that documents cannot show: ${letters.slice(0, 5).join(' ')}`;
  return [{ path, code: 'wrong-format', message }];
}
