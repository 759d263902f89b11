import { isAbsolute } from 'node:path';
import { privateUrl } from '#config/http-url.ts';
import { repositoryBase } from '#config/source-schema.ts';
import { HeadgateError } from '#core/errors.ts';

export interface HookOptions {
  readonly url: string;
  readonly base: string;
  readonly root: string;
  readonly secretFile: string;
  readonly tokenFile?: string;
  readonly spool: string;
  readonly to: string;
  readonly hgrc: string;
  readonly caFile?: string;
  readonly sh?: true;
  readonly dryRun?: true;
}

/** What is to stand where, on the host of the repositories. */
export interface HookPlan {
  /** The file in hooks/hg. */
  readonly form: 'headgate_hook.py' | 'headgate-hook.sh';
  /** Where it goes to. */
  readonly hook: string;
  readonly hgrc: string;
  readonly secretFile: string;
  /** Null for the form in sh, which keeps nothing. */
  readonly spool: string | null;
  /** The content of the hgrc. */
  readonly fragment: string;
}

/** What the file begins with, so that another run knows it again. */
export const firstLine = '# Written by `headgate hg install-hook`, which writes it again.';

/** @throws HeadgateError USAGE for what hg, or the hook, would read otherwise than it was meant */
export function hookPlan(options: HookOptions): HookPlan {
  const form = options.sh ? 'headgate-hook.sh' : 'headgate_hook.py';
  const hook = `${plainPath('--to', options.to).replace(/\/+$/, '')}/${form}`;
  const hgrc = plainPath('--hgrc', options.hgrc);
  const spool = options.sh ? null : path('--spool', options.spool);
  const settings = [
    ['url', hookUrl(options.url)],
    credentials(options),
    ['base', base(options.base)],
    ['root', path('--root', options.root)],
    ...(spool === null ? [] : [['spool', spool] as const]),
    ...(options.caFile === undefined ? [] : [['ca-file', path('--ca-file', options.caFile)] as const]),
  ] as const;
  const lines = [
    firstLine,
    '[hooks]',
    ...hooks(form, hook, hgrc),
    '',
    '[headgate]',
    ...settings.map(([name, value]) => `${name} = ${value}`),
  ];
  return { form, hook, hgrc, secretFile: options.tokenFile ?? options.secretFile, spool, fragment: `${lines.join('\n')}\n` };
}

/** What the hook vouches with: it takes one of the two. */
function credentials({ secretFile, tokenFile, sh }: HookOptions): readonly [string, string] {
  if (tokenFile === undefined) return ['secret-file', path('--secret-file', secretFile)];
  if (sh) throw new HeadgateError('USAGE', 'the form in sh shows no tokens', { hint: 'Leave out --sh, or --token-file.' });
  return ['token-file', path('--token-file', tokenFile)];
}

function hooks(form: HookPlan['form'], hook: string, hgrc: string): readonly string[] {
  if (form === 'headgate_hook.py') return [`txnclose.headgate = python:${hook}:txnclose`];
  return ['changegroup', 'pushkey'].map((name) => `${name}.headgate = sh ${hook} ${hgrc}`);
}

/** Where the webhook listener is reached: `…/hooks/` and the name of a source. */
function hookUrl(text: string): string {
  const parsed = privateUrl.safeParse(text);
  if (parsed.success && /\/hooks\/[a-z0-9-]{1,63}$/.test(parsed.data)) return parsed.data;
  throw new HeadgateError('USAGE', `${JSON.stringify(text)} is no address of a source`, {
    hint: 'Name where the webhook listener is reached, with /hooks/ and the name of the source: --url https://headgate.example.com/hooks/hg. Plain http is taken only where it does not leave the machine or the cluster.',
  });
}

function base(text: string): string {
  if (repositoryBase.safeParse(text).success && !/[\p{Cc}\s]/u.test(text)) return text;
  throw new HeadgateError('USAGE', `${JSON.stringify(text)} is no base URL`, {
    hint: 'Name the url of the source, or one of its aliases, with --base.',
  });
}

function path(option: string, text: string): string {
  if (isAbsolute(text) && !/\p{Cc}/u.test(text) && text.trim() === text) return text;
  throw new HeadgateError('USAGE', `${option} ${JSON.stringify(text)} is no absolute path`, { hint: 'Begin it with a slash.' });
}

/** hg takes the first apart at colons, and hands both to a shell. */
function plainPath(option: string, text: string): string {
  if (/^\/[A-Za-z0-9._/-]+$/.test(text)) return text;
  throw new HeadgateError(
    'USAGE',
    `${option} ${JSON.stringify(text)} is no absolute path of letters, digits, dots, dashes and underscores`,
    {
      hint: 'Choose a path that needs no quoting.',
    },
  );
}
