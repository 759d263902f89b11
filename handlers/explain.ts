import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Hint, Reading } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { publicationOf } from '#core/followed.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Reconcile } from '#core/reconcile.ts';
import type { Subject } from '#core/subject.ts';
import type { Footprint, TargetRef } from '#core/target.ts';
import type { Ranges } from '#handlers/ranges.ts';
import { withPublishedPaths } from '#handlers/paths.ts';
import { noAccesses, type Accesses } from '#handlers/accesses.ts';
import { clustersByKnowledge } from '#handlers/cluster-knowledge.ts';
import { matchAndDecide, type Deciding } from '#handlers/deciding.ts';
import { recordedPaths, supposedPaths, unjudgedPaths, unknownPaths } from '#handlers/explain-paths.ts';
import { explainedRanges, unaskedRanges } from '#handlers/explain-ranges.ts';
import { skippedBecause, type Circumstances } from '#handlers/explain-skip.ts';
import { emptyExplanation, explainTarget, reasonOf, type Explanation } from '#handlers/explanation.ts';

export interface Explaining extends Deciding {
  readonly inventory: Deciding['inventory'] & Pick<Inventory, 'health'>;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
}

/** A change that has not happened: this ref of this repository comes to be at that commit. */
export interface SupposedChange {
  /** Absent: the source that has the repository. */
  readonly source?: string;
  /** Full name on the source, or one of its URLs. */
  readonly repository: string;
  readonly ref: string;
  /** Absent: whatever the head is. */
  readonly revision?: string;
  /** Paths that differ from what the targets have; absent: not known, and then every target counts as touched. */
  readonly paths?: readonly string[];
  /** Absent: as the source is configured, which confirms what happens on it or does not. */
  readonly confirmed?: boolean;
  /** Whoever would ask for it; absent: nobody who is verified. */
  readonly subject?: Subject;
}

/** An event as the source sends it. It is read, not authenticated. */
export interface SupposedEvent {
  /** Absent: the only source. */
  readonly source?: string;
  /** The source's word, for example `push`. */
  readonly event: string;
  /** What the body's JSON means. */
  readonly payload: unknown;
  readonly paths?: readonly string[];
  readonly confirmed?: boolean;
  readonly subject?: Subject;
}

/** A change that did happen, asked about under what holds now. */
export interface PastChange {
  readonly change: Change;
  /** The targets that a request named. */
  readonly only: Hint['only'];
  /** The change that is the head of its ref now, when that is another one. */
  readonly newer: Change | null;
  /** What came of it then. */
  readonly reconciles: readonly Pick<Reconcile, 'target' | 'paths'>[];
  /** Oldest first. */
  readonly decisions?: readonly Decision[];
}

/** News that is read again. */
export interface ToldAgain {
  readonly source: string;
  readonly hint: Hint;
  /** The change that is newer, when one is. */
  readonly lateFor: string | null;
}

export type Question = SupposedChange | SupposedEvent | PastChange | ToldAgain;

/**
 * What would come of a change if it happened now, by the matching and deciding of the live path. Pure: nothing is written, and
 * nothing is asked of a source or a cluster. A change that is supposed is taken to be the newest of its ref.
 * @param accesses what second authorities said, where they were asked
 * @throws HeadgateError AMBIGUOUS (several sources fit and none is named), PAYLOAD_INVALID
 */
export function explain(deps: Explaining, question: Question, accesses: Accesses = noAccesses): Explanation {
  if ('change' in question) return explainPast(deps, question, accesses);
  if ('hint' in question) return explainAgain(deps, question);
  const adapter = 'event' in question ? namedAdapter(deps, question.source) : adapterOf(deps, question);
  if (typeof adapter === 'string') return emptyExplanation(adapter);
  const hint = 'event' in question ? hintOf(adapter, question) : supposedHint(adapter, question);
  if (typeof hint === 'string') return emptyExplanation(hint);
  const supposed = supposedChange(deps, adapter, hint, question.confirmed ?? adapter.readBack !== null);
  const change = question.subject ? { ...supposed, subject: question.subject } : supposed;
  return answer(
    deps,
    adapter,
    change,
    { only: hint.only, newer: null, paths: supposedPaths(question.paths) },
    { ranges: explainedRanges(deps), accesses },
  );
}

function explainPast(deps: Explaining, { change, only, newer, reconciles, decisions = [] }: PastChange, accesses: Accesses): Explanation {
  const adapter = deps.adapters.get(change.source);
  if (!adapter) return emptyExplanation(unknownSource(deps, change.source));
  const around = { only, newer, paths: recordedPaths(change.readBack, reconciles) };
  return answer(deps, adapter, change, around, { ranges: explainedRanges(deps, decisions), accesses });
}

function explainAgain(deps: Explaining, { source, hint, lateFor }: ToldAgain): Explanation {
  const adapter = deps.adapters.get(source);
  if (!adapter) return emptyExplanation(unknownSource(deps, source));
  const change = supposedChange(deps, adapter, hint, adapter.readBack !== null);
  return answer(
    deps,
    adapter,
    { ...change, lateFor },
    { only: hint.only, newer: null, paths: unknownPaths },
    { ranges: explainedRanges(deps), accesses: noAccesses },
  );
}

/** What is known beside the change itself. */
interface Learned {
  readonly ranges: Ranges;
  readonly accesses: Accesses;
}

function answer(deps: Explaining, adapter: SourceAdapter, change: Change, around: Circumstances, learned: Learned): Explanation {
  const { known, unknown } = clustersByKnowledge(deps.inventory);
  const scope = { only: around.only, clusters: known };
  const { candidates, decisions } = matchAndDecide(deps, change, adapter, scope, learned.ranges, learned.accesses);
  const explained = decisions.flatMap((decision) => {
    const footprint = footprintAt(deps, adapter, decision.target);
    return footprint ? [{ footprint, target: explainTarget(decision, footprint, skippedBecause(footprint, change, around)) }] : [];
  });
  const targets = explained.map(({ target }) => target);
  const moving = explained.filter(({ target }) => target.moves).map(({ footprint }) => footprint);
  const { source, repository, ref, action, before, after, revision, confirmed, actors, lateFor } = change;
  const id = change.id === '' ? null : change.id;
  return {
    change: { id, source, repository, ref, action, before, after, revision, confirmed, actors, lateFor },
    targets,
    candidates,
    reason: reasonOf({ targets, candidates, owed: unknown }),
    owed: unknown,
    notes: [...saidThen(change), ...unjudgedPaths(moving, around.paths), ...unaskedRanges(targets), ...unseenContent(adapter, moving)],
  };
}

/** Nothing is read to explain. */
function unseenContent(adapter: SourceAdapter, moving: readonly Footprint[]): readonly string[] {
  const isPublished = moving.some(({ source }) => publicationOf(adapter, source) !== undefined);
  return isPublished
    ? ['whether its content can be published (no symbolic links, bounds) is not looked at now; it is when it happens']
    : [];
}

/** Of a recorded change: how old the source's word is. */
function saidThen({ readBack, source }: Change): readonly string[] {
  if (readBack === null) return [];
  return [`what ${source} said of it is of ${new Date(readBack.at).toISOString()} (${readBack.standing}); it is not asked now`];
}

function footprintAt({ inventory }: Explaining, adapter: SourceAdapter, target: TargetRef): Footprint | undefined {
  const source = inventory.find(target);
  return source && withPublishedPaths(inventory.footprint(source), publicationOf(adapter, source));
}

function supposedHint(adapter: SourceAdapter, { repository, ref, revision }: SupposedChange): Hint | string {
  const name = repository.includes('://') ? adapter.repositoryAt(repository) : repository;
  if (name === undefined) return `${repository} is not a repository of source ${adapter.name}`;
  const after = revision ?? null;
  return { repository: name, ref, before: null, after, commit: after, action: 'updated', occurredAt: null, actors: [] };
}

function hintOf(adapter: SourceAdapter, { event, payload }: SupposedEvent): Hint | string {
  const reading = readPayload(adapter, event, Buffer.from(JSON.stringify(payload)));
  return 'hint' in reading ? reading.hint : `the event would be ignored: ${reading.ignored}`;
}

/** The hint of the code speaks of signed deliveries, which this is none of. */
function readPayload(adapter: SourceAdapter, event: string, payload: Uint8Array): Reading {
  try {
    return adapter.read(event, payload);
  } catch (cause) {
    if (!(cause instanceof HeadgateError)) throw cause;
    throw new HeadgateError(cause.code, cause.message, {
      hint: `Give the body of the event ${event} as source ${adapter.name} sends it.`,
      cause,
    });
  }
}

/** It has no id, because it is not going to be anywhere. */
function supposedChange({ clock }: Explaining, adapter: SourceAdapter, hint: Hint, confirmed: boolean): Change {
  const now = clock.now();
  const { repository, ref, action, before, after, occurredAt, actors } = hint;
  const revision = action === 'deleted' ? null : (hint.commit ?? after);
  const told = { source: adapter.name, repository, ref, action, before, after, revision, confirmed, occurredAt, actors };
  return { id: '', delivery: '', ...told, receivedAt: now, at: now, lateFor: null, owed: [], readBack: null };
}

/** @returns why there is none, in words */
function namedAdapter(deps: Explaining, source: string | undefined): SourceAdapter | string {
  const all = [...deps.adapters.values()];
  if (source !== undefined) return deps.adapters.get(source) ?? unknownSource(deps, source);
  const [only, ...others] = all;
  if (!only) return 'no source is configured';
  if (others.length > 0) throw ambiguous(all);
  return only;
}

/** Without a name: the one source, else the one whose repository some cluster has. */
function adapterOf(deps: Explaining, { source, repository }: SupposedChange): SourceAdapter | string {
  if (source !== undefined || deps.adapters.size < 2) return namedAdapter(deps, source);
  const fitting = [...deps.adapters.values()].filter((adapter) => {
    const name = repository.includes('://') ? adapter.repositoryAt(repository) : repository;
    return name !== undefined && deps.inventory.sourcesAt(adapter.repositoryKeys(name)).length > 0;
  });
  const [only, ...others] = fitting;
  if (others.length > 0) throw ambiguous(fitting);
  return only ?? `no cluster has a source object with the repository ${repository} of any source (${namesOf(deps)})`;
}

function unknownSource(deps: Explaining, source: string): string {
  return `no source ${source} is configured; there is: ${namesOf(deps)}`;
}

function namesOf({ adapters }: Explaining): string {
  return [...adapters.keys()].join(', ') || 'none';
}

function ambiguous(fitting: readonly SourceAdapter[]): HeadgateError {
  return new HeadgateError('AMBIGUOUS', `several sources fit: ${fitting.map(({ name }) => name).join(', ')}`, {
    hint: 'Name one of them as `source`.',
  });
}
