import { z } from 'zod';
import { secretRef } from '#config/secret-ref.ts';

const file = (what: string) =>
  z.strictObject({ file: z.string().min(1).describe(`Path of a file; relative to the config file's directory.`) }).describe(what);

/** `git` of a source: how it is asked with the git binary. */
export const GitReadBackConfig = z
  .strictObject({
    username: z
      .string()
      .regex(/^[^\p{Cc}:]{1,255}$/u, { error: 'a name without colon' })
      .optional()
      .describe('User name for HTTPS; where the password is a token, mostly any name does.'),
    password: secretRef.optional().describe('Password or token for HTTPS.'),
    ssh: z
      .strictObject({
        key: file('Private key, without passphrase.'),
        knownHosts: file('Keys of the hosts that may be connected to, as in known_hosts.'),
      })
      .optional()
      .describe('Clone over SSH with this key, in place of HTTPS.'),
  })
  .superRefine((git, context) => {
    if (git.ssh !== undefined && (git.password !== undefined || git.username !== undefined)) {
      context.addIssue({ code: 'custom', message: '`ssh` goes without `username` and `password`' });
    } else if (git.username !== undefined && git.password === undefined) {
      context.addIssue({ code: 'custom', message: '`username` needs a `password`' });
    }
  });
export type GitReadBackConfig = z.infer<typeof GitReadBackConfig>;
