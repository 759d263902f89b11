import type { ErrorCode } from '#core/error-codes.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { HgEnded } from './hg-ended.ts';

/** What hg and ssh say (LC_ALL=C.UTF-8) → what it means. The first that fits. */
const meanings: readonly (readonly [said: RegExp, code: ErrorCode, message: string])[] = [
  [/\bssh\b.*: (command )?not found/, 'TOOL_MISSING', 'ssh:// needs ssh, and no `ssh` is in the path'],
  [/authorization (failed|required)|HTTP Error 40[13]\b|HTTP Error 407\b/, 'SOURCE_REFUSED', 'the credentials are refused'],
  [/Permission denied|Access denied|authentication methods/i, 'SOURCE_REFUSED', 'the credentials are refused'],
  [/Host key verification failed|host key is known/, 'SOURCE_REFUSED', "the host's key is not the one in knownHosts"],
  [/HTTP Error 429\b/, 'SOURCE_LIMITED', 'too many requests'],
  [
    /HTTP Error 4(04|10)\b|repository .* not found|[Ii]llegal repository|no repository found|does not appear to be an hg repository/,
    'SOURCE_REFUSED',
    'there is no such repository, or the credentials do not reach it',
  ],
  [/certificate/i, 'SOURCE_UNREACHABLE', 'its certificate is not one that this machine trusts'],
];

const ends: Readonly<Record<HgEnded['why'], string>> = {
  deadline: 'it took too long',
  output: 'it answers with more than is read',
  signal: 'it was stopped',
  died: 'hg ended before it had answered',
  protocol: 'hg answers in a way that is not understood',
};

/** What hg complained about in a conversation with the host. */
export function failureOf(repository: string, stderr: string): HeadgateError {
  const [, code, message] = meanings.find(([said]) => said.test(stderr)) ?? [undefined, 'SOURCE_UNREACHABLE' as const, undefined];
  const said = complaint(stderr);
  return new HeadgateError(code, `${repository}: ${message === undefined ? said : `${message} (${said})`}`);
}

/** Whatever went wrong with hg itself. @param program as configured */
export function endOf(repository: string, program: string, error: unknown): unknown {
  if (error instanceof HgEnded) {
    const said = error.stderr === '' ? '' : ` (${complaint(error.stderr)})`;
    return new HeadgateError('SOURCE_UNREACHABLE', `${repository}: ${ends[error.why]}${said}`);
  }
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const absent = 'code' in error && error.code === 'ENOENT' && String(error.syscall).startsWith('spawn');
  if (absent)
    return new HeadgateError('TOOL_MISSING', `reading back by clones needs Mercurial, and \`${program}\` is not found`, mend(error));
  return new HeadgateError('SOURCE_UNREACHABLE', `${repository}: this machine cannot ask: ${error.message}`, { cause: error });
}

export function mend(cause?: unknown): { readonly hint: string; readonly cause?: unknown } {
  const hint = `Install Mercurial ${limits.hgClone.versionLeast.join('.')} or newer, or name its program in \`clone.hg\`; with \`web: {}\` in place of \`clone\` hgweb is asked, without any hg.`;
  return cause === undefined ? { hint } : { hint, cause };
}

/** The line that says most, without what a server could hide in it. */
function complaint(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replaceAll(/\p{Cc}/gu, ' ').trim());
  const telling =
    lines.find((line) => /^(abort|ssh|remote):.*\p{L}/u.test(line)) ?? lines.find((line) => line !== '') ?? 'hg does not say why';
  return telling.slice(0, 300);
}
