import type { ErrorCode } from '#core/error-codes.ts';
import { HeadgateError } from '#core/errors.ts';
import type { GitResult } from './git-process.ts';

/** What git and ssh say (LC_ALL=C) → what it means. The first that fits. */
const meanings: readonly (readonly [said: RegExp, code: ErrorCode, message: string])[] = [
  [/^(error: cannot run ssh|ssh.*: not found)/m, 'TOOL_MISSING', 'reading back over SSH needs ssh, and no `ssh` is in the path'],
  [/could not read (Username|Password)|Authentication failed|returned error: 40[13]\b/, 'SOURCE_REFUSED', 'the credentials are refused'],
  [/Permission denied|Access denied|authentication methods/i, 'SOURCE_REFUSED', 'the credentials are refused'],
  [/Host key verification failed|host key is known/, 'SOURCE_REFUSED', "the host's key is not the one in knownHosts"],
  [/returned error: 429\b/, 'SOURCE_LIMITED', 'too many requests'],
  [/returned error: 3\d\d\b/, 'SOURCE_REFUSED', 'it has moved to another address, which is not followed'],
  [
    /returned error: 4(04|10)\b|repository '.*' not found/i,
    'SOURCE_REFUSED',
    'there is no such repository, or the credentials do not reach it',
  ],
  [/not found|not appear to be a git repository/i, 'SOURCE_REFUSED', 'there is no such repository, or the credentials do not reach it'],
];

const ends = {
  deadline: 'it took too long',
  output: 'it answers with more than is read',
  signal: 'it was stopped',
} as const;

/** The error that a failed conversation with a server stands for. */
export function failureOf(repository: string, result: GitResult): HeadgateError {
  if (result.ended !== undefined) return new HeadgateError('SOURCE_UNREACHABLE', `${repository}: ${ends[result.ended]}`);
  const [, code, message] = meanings.find(([said]) => said.test(result.stderr)) ?? [undefined, 'SOURCE_UNREACHABLE' as const, undefined];
  const said = complaint(result.stderr) || `git ended with ${result.code}`;
  return new HeadgateError(code, `${repository}: ${message === undefined ? said : `${message} (${said})`}`);
}

/** The line that says most, without what a server could hide in it. */
function complaint(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replaceAll(/\p{Cc}/gu, ' ').trim());
  const telling =
    lines.find((line) => /^(fatal|error|ssh|ERROR)\b/.test(line) && !line.includes('Could not read from remote')) ??
    lines.find((line) => line !== '') ??
    '';
  return telling.slice(0, 300);
}
