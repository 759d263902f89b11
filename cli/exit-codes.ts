import type { ErrorCode } from '#core/error-codes.ts';

/** What `headgate` ends with. `headgate --help` lists them; never change the meaning of one. */
export const exitCodes = {
  ok: 0,
  /** It was understood and done, and the answer is no: denied, failed, a check found something. */
  failed: 1,
  /** The command line, the config or a policy is not understood. */
  usage: 2,
  notFound: 3,
  /** No server answers, or it does not accept the token. */
  unreachable: 4,
  /** `--wait` ended before the outcome. */
  timedOut: 5,
  /** `explain`, `replay --dry-run`: nothing would move; `replay`: nothing fits. */
  nothingMoves: 7,
  /** `explain`, `replay --dry-run`: something that the change matches is not allowed. */
  notAllowed: 8,
  /** `audit verify`: the chain of records is not what was written. */
  notWhole: 9,
  /** A defect in Headgate. */
  internal: 70,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const usage: readonly ErrorCode[] = [
  'USAGE',
  'CONFIG_UNREADABLE',
  'CONFIG_INVALID',
  'POLICY_INVALID',
  'POLICY_TEST_INVALID',
  'POLICY_MISSING',
  'SECRET_UNAVAILABLE',
  'KUBECONFIG_INVALID',
  'REQUEST_INVALID',
  'INVENTORY_INVALID',
  'PAYLOAD_INVALID',
];
const unreachable: readonly ErrorCode[] = ['SERVER_UNREACHABLE', 'UNAUTHENTICATED', 'HOST_REFUSED', 'SHUTTING_DOWN'];

export function exitCodeOf(code: ErrorCode): ExitCode {
  if (usage.includes(code)) return exitCodes.usage;
  if (unreachable.includes(code)) return exitCodes.unreachable;
  if (code === 'NOT_FOUND' || code === 'AMBIGUOUS' || code === 'SOURCE_UNKNOWN') return exitCodes.notFound;
  return code === 'INTERNAL' ? exitCodes.internal : exitCodes.failed;
}
