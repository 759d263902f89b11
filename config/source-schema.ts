import { z } from 'zod';
import { duration } from '#config/duration.ts';
import { repositoryKey } from '#core/urls.ts';

/** `name` of a source. */
export const sourceName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, { error: 'lower-case letters, digits and dashes: it is part of the webhook URL' })
  .describe('Names the source in policies, and its webhook URL `/hooks/<name>`.');

/** An address that names of repositories are appended to. */
export const repositoryBase = z
  .string()
  .refine((url) => repositoryKey(url) !== undefined, { error: 'a base URL such as https://github.example.com, without query or fragment' });

/** The account that Headgate has there. No colon: it parts name and password of Basic credentials (RFC 7617 section 2). */
export const accountName = z.string().regex(/^[^\p{Cc}:/@]{1,255}$/u, { error: 'a user name, without colon, slash and @' });

/** `sweep` of a source. */
export const sweep = z
  .strictObject({
    interval: duration.prefault('5m').describe('Between two looks at what all watched refs point at, which find what no webhook told of.'),
  })
  .prefault({})
  .describe('How missed webhooks are found, where changes can be read back.');
