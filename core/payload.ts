import { HeadgateError } from '#core/errors.ts';

/** As much of a schema of zod as is needed here. */
interface Schema<T> {
  safeParse(json: unknown): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: Issues };
}

interface Issues {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/**
 * What a sender says, as its schema has it.
 * @param what it should be, for the message: `a push`
 * @throws HeadgateError PAYLOAD_INVALID: names the fields that do not fit, never their values
 */
export function parsePayload<T>(schema: Schema<T>, what: string, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const fields = result.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')} does not fit` : message));
  throw new HeadgateError('PAYLOAD_INVALID', `not ${what}: ${fields.join(', ')}`);
}
