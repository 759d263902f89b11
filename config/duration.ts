import { z } from 'zod';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const form = /^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d)){1,5}$/;

/** Go's duration syntax as Flux uses it, with days: `10m`, `1h30m`, `30d`. Milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!form.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0), 0);
}

/** A duration in text; milliseconds once read. */
export const duration = z
  .string({ error: (issue) => (issue.input === undefined ? undefined : 'must be a duration such as 30d, 10m or 1h30m') })
  .transform((text, context): number => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms > 0) return ms;
    context.addIssue({
      code: 'custom',
      message: `cannot be \`${text}\``,
      params: { hint: 'a positive duration such as 30d, 10m or 1h30m' },
    });
    return z.NEVER;
  })
  .meta({ pattern: form.source });
