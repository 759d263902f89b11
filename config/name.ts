import { z } from 'zod';

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A name as Kubernetes has them (RFC 1123 label): it stands in URLs, metric labels and target keys. */
export const name = z
  .string()
  .superRefine((text, context) => {
    if (label.test(text)) return;
    context.addIssue({
      code: 'custom',
      message: `cannot be \`${text}\``,
      params: { hint: 'up to 63 lower-case letters, digits and inner hyphens' },
    });
  })
  .meta({ pattern: label.source });

/** Refuses a list in which two entries have one name, at the second. */
export function uniqueNames(entries: readonly { readonly name: string }[], context: z.core.$RefinementCtx): void {
  const seen = new Set<string>();
  entries.forEach((entry, index) => {
    if (seen.has(entry.name)) {
      context.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message: `\`${entry.name}\` is taken by an earlier entry`,
        params: { hint: 'names are unique' },
      });
    }
    seen.add(entry.name);
  });
}
