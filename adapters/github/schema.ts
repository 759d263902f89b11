import { z } from 'zod';
import { secretRef } from '#config/secret-ref.ts';
import { repositoryKey } from '#core/urls.ts';

const baseUrl = z
  .string()
  .refine((url) => repositoryKey(url) !== undefined, { error: 'a base URL such as https://github.example.com, without query or fragment' });

/** `spec.sources[]` of `type: github`. */
export const GithubSource = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, { error: 'lower-case letters, digits and dashes: it is part of the webhook URL' })
    .describe('Names the source in policies, and its webhook URL `/hooks/<name>`.'),
  type: z.literal('github').describe('The kind of source.'),
  url: baseUrl.default('https://github.com').describe('Where the repositories live: github.com, or a GitHub Enterprise Server.'),
  aliases: z
    .array(baseUrl)
    .default([])
    .describe(
      'Other base URLs under which clusters know the repositories. The full name `owner/name` is appended; a base that already ends with the owner does not repeat it.',
    ),
  webhook: z
    .strictObject({
      secrets: z
        .array(secretRef)
        .min(1, { error: 'at least one secret: without it anybody could send deliveries' })
        .describe('Live webhook secrets. Several while one replaces another.'),
    })
    .describe('How its webhooks are known to be its own.'),
  readBack: z
    .literal('none', { error: '`none` is the only value of this version' })
    .default('none')
    .describe('How changes are confirmed. `none`: they are not, and policies must say `confirmed: false`.'),
  api: z
    .never({ error: 'reading changes back from GitHub comes with a later version (docs/roadmap.md); remove `api`' })
    .optional()
    .describe('Not in this version.'),
});
export type GithubSource = z.infer<typeof GithubSource>;
