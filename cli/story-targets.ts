import { byTarget, type OfTarget } from '#core/by-target.ts';
import { decisionBasis } from './decision-basis.ts';
import { formatDuration } from './duration.ts';
import type { Decision, Reconcile, Story } from './schema.ts';
import type { Style } from './style.ts';
import { indented, nameTarget, printable } from './text.ts';
import type { View } from './view.ts';

/** Every target with its decision, its steps and the time between them, and its consumers. */
export function renderTargets(story: Story, view: View): readonly string[] {
  return byTarget(story).flatMap((target) => renderTarget(target, story.delivery.receivedAt, view));
}

function renderTarget({ target, decision, reconciles }: OfTarget<Decision, Reconcile>, receivedAt: number, view: View): readonly string[] {
  const last = reconciles.at(-1);
  const { mark, phrase } = statusOf(decision, last);
  return [
    `${view.style[mark.look](mark.text)} ${view.style.bold(nameTarget(target))}: ${phrase}`,
    ...timeline(decision, reconciles, receivedAt, view),
    ...(last?.consumers ?? []).flatMap((consumer) => renderConsumer(consumer, view)),
  ];
}

interface Mark {
  readonly text: string;
  readonly look: keyof Style;
}

const marks = {
  good: { text: '✔', look: 'good' },
  bad: { text: '✗', look: 'bad' },
  busy: { text: '►', look: 'warn' },
  none: { text: '–', look: 'dim' },
} as const satisfies Record<string, Mark>;

function markOf(outcome: string | null, reason: string | null): Mark {
  if (outcome === null) return marks.busy;
  if (outcome === 'applied' || (outcome === 'skipped' && reason === 'current')) return marks.good;
  return outcome === 'superseded' || outcome === 'skipped' ? marks.none : marks.bad;
}

function statusOf(decision: Decision | undefined, reconcile: Reconcile | undefined): { readonly mark: Mark; readonly phrase: string } {
  if (reconcile !== undefined) return { mark: markOf(reconcile.outcome, reconcile.reason), phrase: describeReconcile(reconcile) };
  if (decision?.verdict === 'deny') return { mark: marks.bad, phrase: 'denied' };
  return { mark: marks.busy, phrase: decision?.verdict === 'hold' ? 'held' : 'allowed' };
}

function describeReconcile({ state, outcome, reason, receivedAt, endedAt }: Reconcile): string {
  if (state === 'queued') return 'waiting for its turn';
  const why = reason === null ? '' : ` (${printable(reason)})`;
  if (state !== 'ended') return outcome === null ? 'under way' : `${outcome} so far${why}; Flux tries again`;
  const took = endedAt === null ? '' : `, ${formatDuration(endedAt - receivedAt)} after it was received`;
  return `${outcome ?? 'ended'}${why}${took}`;
}

interface Entry {
  readonly at: number;
  readonly name: string;
  readonly detail: string;
  /** Lines below it. */
  readonly more?: readonly string[];
}

/** Lines `+12 ms  triggered  …`: the time is that since the line before, the first since the delivery was received. */
function timeline(decision: Decision | undefined, reconciles: readonly Reconcile[], receivedAt: number, view: View): readonly string[] {
  const entries: Entry[] = reconciles.flatMap(({ steps }) => steps).toSorted((left, right) => left.at - right.at);
  if (decision !== undefined)
    entries.unshift({ at: decision.at, name: decision.verdict, detail: describeDecision(decision), more: decisionBasis(decision) });
  let before = receivedAt;
  return entries.flatMap(({ at, name, detail, more = [] }) => {
    const lead = `${`+${formatDuration(at - before)}`.padStart(12)}  ${name.padEnd(13)} `;
    before = at;
    const [first = '', ...rest] = indented(printable(detail), lead.length, view.width);
    return [
      `${view.style.dim(lead)}${first.slice(lead.length)}`.trimEnd(),
      ...rest,
      ...more.flatMap((line) => indented(printable(line), lead.length, view.width)),
    ];
  });
}

/** A decision in one line: the rule, how firmly it is held, the reasons, and what was not known. */
export function describeDecision({
  rule,
  reasons,
  wouldBe,
  enforcement,
  lacked,
}: Pick<Decision, 'rule' | 'reasons' | 'wouldBe' | 'enforcement' | 'lacked'>): string {
  const audit = wouldBe === null ? '' : `; audit only, enforced it would be: ${wouldBe}`;
  const missing = lacked.length === 0 ? '' : `; not known: ${lacked.join(', ')}`;
  const why = reasons.map(({ message }) => message).join('; ');
  return `by ${rule} (${enforcement})${why === '' ? '' : `: ${why}`}${audit}${missing}`;
}

function renderConsumer(
  { object, outcome, reason, message, revision }: Reconcile['consumers'][number],
  { style, width }: View,
): readonly string[] {
  const mark = markOf(outcome, reason);
  const at = revision === null ? '' : ` at ${printable(revision)}`;
  const why = reason === null ? '' : ` (${printable(reason)})`;
  return [
    `    ${style[mark.look](mark.text)} ${printable(`${object.kind}/${object.name} in ${object.namespace}`)}: ${outcome ?? 'not known yet'}${why}${at}`,
    ...(message === null ? [] : indented(printable(message), 8, width)),
  ];
}
