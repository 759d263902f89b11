import { stringify } from 'yaml';

/** Text in a YAML document, whatever it looks like. */
export function quoted(text: string): string {
  return stringify(text, { defaultStringType: 'QUOTE_DOUBLE' }).trimEnd();
}
