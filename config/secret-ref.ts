import { z } from 'zod';

/** Where a secret is, never what it is: a file or an environment variable. */
export interface SecretRef {
  /** Absolute once the config is loaded. */
  readonly file?: string | undefined;
  readonly env?: string | undefined;
  /** `headgate.yaml:12:9`: the place in the config, filled in by loadConfig for error messages. */
  readonly at?: string | undefined;
}

/** Schema of a reference to one secret. Several in a list are several live values, so that secrets can be rotated. */
export const secretRef = z
  .strictObject({
    file: z.string().min(1).optional().describe("Path of a file that holds the value; relative to the config file's directory."),
    env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')
      .optional()
      .describe('Name of an environment variable that holds the value.'),
  })
  .superRefine((ref, context) => {
    if ((ref.file === undefined) === (ref.env === undefined)) {
      context.addIssue({
        code: 'custom',
        message: 'must name exactly one of `file` and `env`',
        params: { hint: 'a secret is never written into the config itself: { file: /run/secrets/name } or { env: NAME }' },
      });
    }
  })
  .transform((ref): SecretRef => ref)
  .meta({ oneOf: [{ required: ['file'] }, { required: ['env'] }] });

/** How a reference is named in messages. */
export function describeSecret(ref: SecretRef): string {
  return ref.file === undefined ? `environment variable ${ref.env}` : `file ${ref.file}`;
}
