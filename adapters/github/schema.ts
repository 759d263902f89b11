import { z } from 'zod';
import { deliveryRate } from '#config/delivery-rate.ts';
import { secretRef } from '#config/secret-ref.ts';
import { repositoryBase, sourceName, sweep } from '#config/source-schema.ts';

const app = z.strictObject({
  id: z.union([z.int().positive(), z.string().min(1)]).describe("The App's id or client id."),
  installation: z.int().positive().describe('Id of its installation: the number at the end of the address of its settings page.'),
  key: secretRef.describe('Its private key in PEM, as GitHub hands it out.'),
});

const api = z
  .strictObject({
    token: secretRef
      .optional()
      .describe(
        'A token that may read contents, pull requests and checks, and write commit statuses where `feedback` asks for them. Read again when it changes.',
      ),
    app: app.optional().describe('A GitHub App that may do the same.'),
    url: repositoryBase
      .optional()
      .describe('Base URL of the API; default `https://api.github.com`, and `<url>/api/v3` for a GitHub Enterprise Server.'),
  })
  .superRefine((value, context) => {
    if ((value.token === undefined) === (value.app === undefined))
      context.addIssue({
        code: 'custom',
        message: 'must name exactly one of `token` and `app`',
        params: { hint: '{ token: { file: … } } or { app: { id: …, installation: …, key: { file: … } } }' },
      });
  });
export type GithubApi = z.infer<typeof api>;

const feedback = z.strictObject({
  statuses: z
    .strictObject({
      prefix: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, { error: 'up to 63 letters, digits, dots, dashes and underscores' })
        .default('headgate')
        .describe('What the names of the statuses begin with: `<prefix>/<cluster>/<namespace>`. Two Headgates of one repository need two.'),
    })
    .describe('Tells each commit what became of it, as commit statuses: one for each cluster and namespace.'),
});

/**
 * `spec.sources[]` of `type: github`.
 * @param git of its key `git`: how any git host is read back
 */
export function githubSource<Git extends z.ZodType>(git: Git) {
  return z
    .strictObject({
      name: sourceName,
      type: z.literal('github').describe('The kind of source.'),
      url: repositoryBase.default('https://github.com').describe('Where the repositories live: github.com, or a GitHub Enterprise Server.'),
      aliases: z
        .array(repositoryBase)
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
          rate: deliveryRate.exactOptional(),
        })
        .describe('How its webhooks are known to be its own.'),
      readBack: z
        .enum(['api', 'git', 'none'])
        .optional()
        .describe(
          'How changes are confirmed. Default: `api` where `api` is given, else `git` where `git` is, else `none`: they are not, and policies must say `confirmed: false`.',
        ),
      sweep,
      api: api
        .optional()
        .describe("Credentials for GitHub's REST API, with which changes are read back, with their pull requests, reviews and checks."),
      feedback: feedback.optional().describe('Where on GitHub it is told what became of a change. Needs `api`.'),
      git: git.optional().describe('Reads changes back with the git binary: commits and files, neither reviews nor checks.'),
    })
    .superRefine(checkReadBack)
    .superRefine(checkFeedback);
}

interface Checked {
  readonly readBack?: 'api' | 'git' | 'none' | undefined;
  readonly api?: object | undefined;
  readonly git?: unknown;
  readonly feedback?: object | undefined;
}

function checkReadBack(source: Checked, context: z.core.$RefinementCtx): void {
  const { readBack } = source;
  if (readBack === undefined || readBack === 'none' || source[readBack] !== undefined) return;
  context.addIssue({
    code: 'custom',
    path: ['readBack'],
    message: `is \`${readBack}\`, but \`${readBack}\` is not given`,
    params: { hint: hints[readBack] },
  });
}

function checkFeedback({ api, feedback }: Checked, context: z.core.$RefinementCtx): void {
  if (feedback === undefined || api !== undefined) return;
  context.addIssue({
    code: 'custom',
    path: ['feedback'],
    message: 'needs credentials: `api` is not given',
    params: { hint: hints.api },
  });
}

const hints = {
  api: 'add api: { token: { file: … } }',
  git: 'add git: {}, or git: { password: { file: … } } for private repositories',
} as const;

export type GithubSource = z.infer<ReturnType<typeof githubSource<z.ZodType<object>>>>;
