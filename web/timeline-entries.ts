import type { Change, ReadBackRecord } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Delivery } from '#core/delivery.ts';
import type { Story } from '#core/ports/journal.ts';
import type { ConsumerOutcome, Reconcile } from '#core/reconcile.ts';
import { targetKey, type TargetRef } from '#core/target.ts';
import type { Tone } from './badge.ts';
import { outcomeStatus } from './target-stories.ts';

/** One thing that happened. */
export interface TimelineEntry {
  /** The same for the same happening in a later look at the story. */
  readonly key: string;
  readonly at: number;
  readonly tone: Tone;
  readonly name: string;
  /** What it happened to; null for the change as a whole. */
  readonly target: TargetRef | null;
  readonly detail: string;
}

/** Everything that has happened so far, in the order of time. Pure. */
export function timelineEntries(story: Story): readonly TimelineEntry[] {
  const told = [...story.decisions.map(decisionEntry), ...story.reconciles.flatMap(reconcileEntries)];
  return [...beginning(story), ...told].toSorted((one, other) => one.at - other.at);
}

function beginning({ change, delivery, decisions, candidates }: Story): readonly TimelineEntry[] {
  const found = `${plural(decisions.length, 'target')} in the clusters${candidates.length > 0 ? `; ${plural(candidates.length, 'candidate')} not matched` : ''}`;
  const owed = change.owed.length > 0 ? `; waits for ${change.owed.join(', ')}` : '';
  const late = change.lateFor === null ? '' : '; it came late: a newer change of the ref was known already';
  const about = { target: null };
  return [
    {
      ...about,
      key: 'received',
      at: delivery.receivedAt,
      tone: 'good',
      name: 'received',
      detail: `${origin(delivery)}, on disk before it was answered`,
    },
    confirmation(change),
    {
      ...about,
      key: 'matched',
      at: change.at,
      tone: decisions.length > 0 ? 'good' : 'warn',
      name: 'matched',
      detail: `${found}${owed}${late}`,
    },
  ];
}

function origin({ kind, event, source, replayOf, cause }: Delivery): string {
  if (replayOf !== null) return `${event} from ${source}, replayed from ${replayOf}`;
  if (kind === 'request') return 'asked for through the API';
  if (kind === 'look') return `found by looking at what the refs of ${source} point at, because of ${cause ?? 'news'}`;
  return kind === 'sweep' ? `found by looking at what the refs of ${source} point at` : `${event} from ${source}`;
}

/** What the source itself said of the change, when it was asked. */
function confirmation({ source, confirmed, readBack, at }: Change): TimelineEntry {
  const about = { key: 'confirmed', at: readBack?.at ?? at, target: null };
  if (confirmed) return { ...about, tone: 'good', name: 'confirmed', detail: `by ${source} itself${saidOf(readBack)}` };
  const detail = readBack === null ? `taken from the message: ${source} itself was not asked` : `${source} was asked${saidOf(readBack)}`;
  return { ...about, tone: readBack === null ? 'none' : 'warn', name: 'not confirmed', detail };
}

const standings = {
  head: 'it is the head of the ref',
  behind: 'it is in the history of the ref, which has moved on',
  off: 'it is not on the ref (any more)',
  gone: 'there is no such ref (any more)',
  present: 'the ref is still there',
  unasked: 'it is one of many older ones, and was not asked for',
} as const;

function saidOf(readBack: ReadBackRecord | null): string {
  return readBack === null ? '' : `: ${standings[readBack.standing]}`;
}

const verdicts = {
  allow: { tone: 'good', name: 'allowed' },
  hold: { tone: 'warn', name: 'held' },
  deny: { tone: 'bad', name: 'denied' },
} as const;

function decisionEntry({ id, at, verdict, target, rule, reasons }: Decision): TimelineEntry {
  const why = verdict === 'allow' ? `by ${rule}` : reasons.map(({ message }) => message).join('; ');
  return { key: id, at, target, detail: why, ...verdicts[verdict] };
}

const stepTones: Readonly<Record<string, Tone>> = {
  applied: 'good',
  artifact: 'good',
  recovered: 'good',
  failed: 'bad',
  stalled: 'bad',
  'timed-out': 'bad',
  skipped: 'warn',
  superseded: 'none',
};

function reconcileEntries({ id, target, steps, consumers }: Reconcile): readonly TimelineEntry[] {
  // That it was queued is said by its being allowed.
  const told = steps
    .filter(({ name }) => name !== 'queued')
    .map(
      ({ at, name, detail }, index): TimelineEntry => ({
        key: `${id}-${index}`,
        at,
        tone: stepTones[name] ?? 'busy',
        name: name.replaceAll('-', ' '),
        target,
        detail,
      }),
    );
  // A target is applied when its consumers are: at the same moment they come first.
  return [...consumers.flatMap((consumer) => consumerEntry(id, consumer)), ...told];
}

function consumerEntry(reconcile: string, { object, outcome, reason, message, revision, at }: ConsumerOutcome): readonly TimelineEntry[] {
  if (outcome === null || at === null) return [];
  const { tone, word } = outcomeStatus(outcome, reason);
  const detail = outcome === 'applied' ? (revision ?? '') : (message ?? reason ?? '');
  return [{ key: `${reconcile}-${targetKey(object)}`, at, tone, name: word, target: object, detail }];
}

/** `1 target`, `3 targets`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
