import { formatDuration } from './duration.ts';
import type { Decision, Reconcile, Story } from './schema.ts';
import type { Style } from './style.ts';
import { nameTarget, printable, shortRevision } from './text.ts';

/** One thing that happened, as it is told while a story is still going on. */
export interface StoryLine {
  /** The same for the same happening in a later look at the story. */
  readonly key: string;
  readonly at: number;
  readonly mark: '►' | '✔' | '✗' | '–';
  readonly name: string;
  readonly detail: string;
}

/** Everything that has happened so far, in order. Pure. */
export function storyLines(story: Story): readonly StoryLine[] {
  return [
    ...received(story),
    ...story.candidates.map((candidate) => candidateLine(candidate, story.change.at)),
    ...story.decisions.map(decisionLine),
    ...story.reconciles.flatMap(reconcileLines).toSorted((left, right) => left.at - right.at),
  ];
}

/** Whether nothing more is going to happen by itself; a failure that Flux retries counts as an end. */
export function isStoryOver({ delivery, reconciles }: Story): boolean {
  return delivery.state !== 'pending' && reconciles.every(({ state, outcome }) => state === 'ended' || outcome !== null);
}

/** `✔ +187 ms    applied      …`: the time is that since the delivery was received. */
export function renderStoryLine({ at, mark, name, detail }: StoryLine, receivedAt: number, style: Style): string {
  const look = { '✔': style.good, '✗': style.bad, '►': style.warn, '–': style.dim }[mark];
  return `${look(mark)} ${style.dim(`+${formatDuration(at - receivedAt)}`.padEnd(9))} ${name.padEnd(12)} ${detail}`.trimEnd();
}

function received({ change, delivery, decisions, candidates }: Story): readonly StoryLine[] {
  const what = printable(`${change.repository} ${change.ref} ${change.action}`);
  const told = `${what}, ${shortRevision(change.revision)}: on disk before it was answered, delivery ${delivery.id}`;
  const found = `${count(decisions.length, 'object')} in the clusters, ${count(candidates.length, 'candidate')} not`;
  return [
    { key: 'received', at: delivery.receivedAt, mark: '✔', name: 'received', detail: told },
    { key: 'matched', at: change.at, mark: decisions.length > 0 ? '✔' : '–', name: 'matched', detail: found },
  ];
}

function candidateLine({ target, reason, message }: Story['candidates'][number], at: number): StoryLine {
  const detail = `${nameTarget(target)}: ${printable(message)} (${printable(reason)})`;
  return { key: `candidate ${nameTarget(target)}`, at, mark: '–', name: 'not matched', detail };
}

function decisionLine({ id, target, verdict, rule, reasons, at }: Decision): StoryLine {
  const why = verdict === 'allow' ? `by ${rule}` : reasons.map(({ message }) => message).join('; ');
  const mark = verdict === 'allow' ? '✔' : verdict === 'deny' ? '✗' : '►';
  return { key: id, at, mark, name: verdict, detail: printable(`${nameTarget(target)}: ${why}`) };
}

const stepMarks: Readonly<Record<string, StoryLine['mark']>> = {
  applied: '✔',
  artifact: '✔',
  recovered: '✔',
  failed: '✗',
  stalled: '✗',
  'timed-out': '✗',
  timed_out: '✗',
  skipped: '–',
  superseded: '–',
};

function reconcileLines(reconcile: Reconcile): readonly StoryLine[] {
  const { id, target, steps, consumers } = reconcile;
  const told = steps.map(({ at, name, detail }, index) => ({
    key: `${id} ${index}`,
    at,
    mark: stepMarks[name] ?? '►',
    name: printable(name),
    detail: `${nameTarget(target)}${detail === '' ? '' : `: ${printable(detail)}`}`,
  }));
  // A target is applied when its consumers are: at the same moment they come first.
  return [...consumers.flatMap((consumer) => consumerLine(id, consumer)), ...told.filter(({ name }) => name !== 'queued')];
}

function consumerLine(id: string, { object, outcome, message, revision, at }: Reconcile['consumers'][number]): readonly StoryLine[] {
  if (outcome === null || at === null) return [];
  const detail = `${nameTarget(object)}${outcome === 'applied' ? `: ${revision ?? ''}` : message === null ? '' : `: ${printable(message)}`}`;
  const key = `${id} ${object.kind} ${object.namespace}/${object.name} ${outcome} ${revision}`;
  return [{ key, at, mark: stepMarks[outcome] ?? '►', name: printable(outcome), detail: printable(detail) }];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
