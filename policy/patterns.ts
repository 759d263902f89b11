import { z } from 'zod';
import { compileGlob, type Glob } from '#core/glob.ts';
import { messageOf } from '#core/errors.ts';

/** A pattern in text, compiled (core/glob.ts). */
export const globText = globOf(() => undefined);

/** A pattern for full repository names. */
export const repositoryGlob = globOf((text) =>
  text.includes('://')
    ? { message: `cannot be \`${text}\``, hint: 'the full name on the source, for example org/app, not a URL' }
    : undefined,
);

/** A pattern for refs. `main` would never match anything, because refs are full: refused rather than loaded. */
export const refGlob = globOf((text) =>
  /^(?:refs\/|[a-z]+:|[*?[\\])/.test(text)
    ? undefined
    : { message: `\`${text}\` is no full ref`, hint: `did you mean \`refs/heads/${text}\`?` },
);

/** At least one pattern: an empty list would select nothing and look as if it selected everything. */
export function globList(item: z.ZodType<Glob, string>): z.ZodArray<z.ZodType<Glob, string>> {
  return z.array(item).min(1);
}

interface Objection {
  readonly message: string;
  readonly hint: string;
}

function globOf(objection: (text: string) => Objection | undefined): z.ZodType<Glob, string> {
  return z.string().transform((text, context): Glob => {
    const found = objection(text) ?? compileProblem(text);
    if (found === undefined) return compileGlob(text);
    context.addIssue({ code: 'custom', message: found.message, params: { hint: found.hint } });
    return z.NEVER;
  });
}

function compileProblem(text: string): Objection | undefined {
  try {
    compileGlob(text);
    return undefined;
  } catch (error) {
    return { message: `pattern \`${text}\`: ${messageOf(error)}`, hint: 'patterns know `*`, `**`, `?` and `[a-z]`' };
  }
}
