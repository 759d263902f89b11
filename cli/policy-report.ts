import { Option, type Command } from 'commander';
import { stringify } from 'yaml';
import { apiClient } from './api-client.ts';
import { formatAge, readSince } from './duration.ts';
import { findServer, type ServerOptions } from './find-server.ts';
import { print, tell, type Io } from './io.ts';
import { AuditReport, type AuditedReason, type PolicyAudit } from './policy-report-schema.ts';
import { addServerOptions } from './server-options.ts';
import { indented, nameTarget, printable } from './text.ts';
import { viewOf, type View } from './view.ts';

interface ReportOptions extends ServerOptions {
  readonly since: string;
  readonly policy?: string;
  readonly output: 'text' | 'json' | 'yaml';
}

/** `headgate policy report`. */
export function addPolicyReport(group: Command, io: Io): void {
  const command = group
    .command('report')
    .description('what `enforce` would have denied of what policies in audit mode let through')
    .option('--since <time>', 'how far to look back: 7d, or 2026-01-31T10:00:00Z', '7d')
    .option('--policy <name>', 'only this one')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json', 'yaml']).default('text'));
  addServerOptions(command).action(async (options: ReportOptions) => report(io, options));
}

async function report(io: Io, options: ReportOptions): Promise<void> {
  const client = apiClient(io, await findServer(io, options));
  const now = io.clock.now();
  const since = new Date(readSince(options.since, now)).toISOString();
  const answer = await client.get('/v1/policy-report', { since, policy: options.policy });
  if (options.output === 'json') return print(io, [JSON.stringify(answer, null, 2)]);
  if (options.output === 'yaml') return print(io, [stringify(answer).trimEnd()]);
  const { policies, complete, sinceAt } = AuditReport.parse(answer);
  print(
    io,
    policies.flatMap((policy) => policyLines(policy, now, viewOf(io))),
  );
  if (!complete) tell(io, `► there are more decisions than one report reads: it goes back to ${new Date(sinceAt).toISOString()}`);
  if (policies.length === 0) tell(io, '► no policy is in audit mode, and none was since then');
  else tell(io, '► at `advisory` Flux polls whatever policy says: a denial keeps Headgate from asking Flux, not Flux from pulling');
}

function policyLines(policy: PolicyAudit, now: number, view: View): readonly string[] {
  const { style } = view;
  const name = style.bold(printable(policy.policy));
  if (policy.observedAt === null) return [`${style.warn('►')} ${name} (${modeOf(policy)}): nothing was decided in audit mode`];
  const denied = policy.decisions - policy.passed;
  const mark = denied === 0 ? style.good('✔') : style.warn('►');
  const share = `would have allowed ${policy.passed} of ${policy.decisions} (${percent(policy.passed, policy.decisions)})`;
  return [
    `${mark} ${name} (${modeOf(policy)}): observed for ${formatAge(now - policy.observedAt)}, ${share}, denied ${denied}`,
    ...policy.reasons.flatMap((reason) => reasonLines(reason, view)),
  ];
}

function modeOf({ mode }: PolicyAudit): string {
  if (mode === null) return 'not loaded any more';
  return mode === 'audit' ? mode : `${mode} now`;
}

/** Never 100 % while something would have been denied. */
function percent(part: number, whole: number): string {
  return `${Math.floor((part / whole) * 1_000) / 10} %`;
}

function reasonLines({ code, decisions, targets, refs, example }: AuditedReason, view: View): readonly string[] {
  const more = ({ count, first }: { readonly count: number; readonly first: readonly unknown[] }): string =>
    count > first.length ? `; and ${count - first.length} more` : '';
  const line = (label: string, text: string): readonly string[] => indented(`${label}: ${text}`, 8, view.width);
  return [
    `    ${view.style.bad(String(decisions))} ${printable(code)}`,
    ...line('targets', targets.first.map(nameTarget).join('; ') + more(targets)),
    ...line('from', refs.first.map(({ source, repository, ref }) => printable(`${source} ${repository} ${ref}`)).join('; ') + more(refs)),
    ...line('last', `${printable(example.message)} (change ${example.change}, ${new Date(example.at).toISOString()})`),
  ];
}
