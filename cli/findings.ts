import { limits } from '#core/limits.ts';
import { formatDuration } from './duration.ts';
import type { Status } from './schema.ts';
import type { Style } from './style.ts';
import { printable } from './text.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly level: 'good' | 'warn' | 'bad';
  readonly what: string;
  /** What mends it; empty when it is good. */
  readonly mend: string;
}

export const good = (what: string): Finding => ({ level: 'good', what, mend: '' });
export const bad = (what: string, mend: string): Finding => ({ level: 'bad', what, mend });
export const warn = (what: string, mend: string): Finding => ({ level: 'warn', what, mend });

/** What a server's own status says about its health. Pure. */
export function findingsOf(status: Status): readonly Finding[] {
  return [
    good(`server: version ${printable(status.version)}, up for ${formatDuration(status.uptimeSeconds * 1_000)}`),
    ...journalFindings(status.journal),
    ...status.clusters.flatMap(inventoryFindings),
    ...(status.clusters.length === 0 ? [warn('clusters: none', 'Add one to spec.clusters, or nothing can be triggered.')] : []),
    ...status.sources.map(({ name, type }) => good(`source ${printable(name)}: ${printable(type)}`)),
    queueFinding(status.queue),
  ];
}

function journalFindings({ writable, deliveries, queued, observing }: Status['journal']): readonly Finding[] {
  const dead = deliveries['dead'] ?? 0;
  return [
    writable
      ? good(
          `journal: writable; deliveries pending: ${deliveries['pending'] ?? 0}, reconciles queued: ${queued}, under observation: ${observing}`,
        )
      : bad(
          'journal: not writable, deliveries are refused with 503',
          'Check disk space and permissions of the data directory, and the log of the server.',
        ),
    ...(dead === 0
      ? []
      : [
          warn(
            `journal: deliveries that could not be handled: ${dead}`,
            '`headgate get deliveries --state dead` lists them with the reason.',
          ),
        ]),
  ];
}

function inventoryFindings({ cluster, state, message, kinds }: Status['clusters'][number]): readonly Finding[] {
  const name = `cluster ${printable(cluster)}`;
  const why = message === null ? '' : `: ${printable(message)}`;
  if (state === 'starting') return [warn(`${name}: still listing its objects${why}`, 'Ask again in a moment.')];
  if (state === 'unreachable')
    return [
      bad(`${name}: unreachable${why}`, 'Check the address and credentials of its kubeconfig; reconciles are kept and retried meanwhile.'),
    ];
  if (state === 'refused') return [bad(`${name}: refused${why}`, 'Give Headgate the rights of docs/how-to/rbac.md.')];
  const present = kinds.filter((kind) => kind.state === 'synced');
  const objects = present.reduce((sum, kind) => sum + kind.objects, 0);
  const absent = kinds.filter((kind) => kind.state === 'absent').map((kind) => kind.kind);
  const failing = kinds.filter((kind) => kind.state === 'failing').map((kind) => kind.kind);
  return [
    good(`${name}: ${state}, objects: ${objects}${absent.length === 0 ? '' : `; kinds that are not installed: ${absent.join(', ')}`}`),
    ...(failing.length === 0
      ? []
      : [bad(`${name}: cannot watch ${failing.join(', ')}${why}`, 'Give Headgate the rights of docs/how-to/rbac.md.')]),
  ];
}

function queueFinding({ waiting, active, retrying, oldestMs }: Status['queue']): Finding {
  const what = `queue: waiting: ${waiting}, active: ${active}, retrying: ${retrying}`;
  if (retrying === 0 && oldestMs < limits.cli.oldestWaiting) return good(what);
  return warn(
    `${what}, oldest waits for ${formatDuration(oldestMs)}`,
    '`headgate get reconciles --state queued` lists them; usually a cluster is away or refuses.',
  );
}

/** Lines `✔ …` and `✗ …` with what mends it underneath. */
export function renderFindings(findings: readonly Finding[], style: Style): readonly string[] {
  const marks = { good: style.good('✔'), warn: style.warn('!'), bad: style.bad('✗') };
  return findings.flatMap(({ level, what, mend }) => [`${marks[level]} ${what}`, ...(mend === '' ? [] : [`    ${mend}`])]);
}
