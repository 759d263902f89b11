import type { Change } from '#core/change.ts';
import type { Clock } from '#core/clock.ts';
import type { Decision } from '#core/decision.ts';
import type { Hint } from '#core/delivery.ts';
import { newId } from '#core/ids.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Match, NewReconcile } from '#core/ports/journal.ts';
import type { Ranged } from '#core/range-evidence.ts';
import { addressOf } from '#core/publication.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { SignatureVerifier } from '#core/signature.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';
import type { PathsVerdict } from '#core/reconcile.ts';
import { targetKey, type SourceObject } from '#core/target.ts';
import { accessOf, noAccesses, type Accesses, type Authorized } from '#handlers/accesses.ts';
import { contentOf, noContents, type Contents } from '#handlers/contents.ts';
import { matchChange, type Matching } from '#handlers/match.ts';
import { moversOf, movesBy } from '#handlers/movers.ts';
import type { RangeMemory } from '#handlers/range-memory.ts';
import type { Ranges } from '#handlers/ranges.ts';
import { decide } from '#policy/decide.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import type { PolicySet } from '#policy/documents.ts';
import { together } from '#policy/together.ts';
import { publicationOf } from '#core/followed.ts';

/** What matching and deciding need. */
export interface Deciding {
  readonly clock: Clock;
  readonly inventory: Pick<Inventory, 'sourcesAt' | 'footprint' | 'find'>;
  /** The policies in force; an empty set, which denies everything, once the last good one has outlived its age limit. */
  readonly policies: () => PolicySet;
  /** What clusters are asked besides. */
  readonly authority: Authorized['authority'];
  /** What verifies signatures of commits and tags; absent: none counts. */
  readonly signatures?: SignatureVerifier | undefined;
  /** What sources said for the latest decisions; absent: they are asked again whenever a change is decided again. */
  readonly remembered?: RangeMemory | undefined;
}

/** The targets that a request names, or undefined for changes that go wherever they match; and only those of these clusters. */
export interface Scope {
  readonly only: Hint['only'];
  readonly clusters: readonly string[];
}

/**
 * Matches a change against the inventory and decides it for every target that matches.
 * @param ranges what the change brings to its targets, where the source was asked
 * @param accesses what second authorities said, where they were asked
 * @param contents what was found in what would be published, where it was looked at
 */
export function matchAndDecide(
  deps: Deciding,
  change: Change,
  adapter: SourceAdapter,
  scope: Scope,
  ranges: Ranges,
  accesses: Accesses = noAccesses,
  contents: Contents = noContents,
): Match {
  const { matched, candidates } = matchIn(deps, change, adapter, scope);
  const alone = matched.map((source) => {
    const range = ranges.evidence(source);
    const doubts = contentOf(contents, adapter, source);
    const decision = decideFor(deps, change, source, traitsOf(adapter, change.repository), { range, accesses, doubts });
    if (!('missing' in range) && 'evidence' in decision.facts) deps.remembered?.keep(decision.id, range);
    return { source, decision };
  });
  const decided = decideTogether(deps, adapter, alone);
  const reconciles = decided
    .filter(({ decision }) => decision.verdict === 'allow')
    .map(({ decision, source }) => asReconcile(deps.clock, change, decision, scope.only, ranges.paths(source)));
  return { change, candidates, decisions: decided.map(({ decision }) => decision), reconciles };
}

interface DecidedSource {
  readonly source: SourceObject;
  readonly decision: Decision;
}

/** What follows one published artifact moves as one: what is denied to any of it is denied to all. */
function decideTogether(
  { inventory }: Pick<Deciding, 'inventory'>,
  adapter: SourceAdapter,
  alone: readonly DecidedSource[],
): readonly DecidedSource[] {
  const groups = Map.groupBy(alone, ({ source }) => publicationOf(adapter, source));
  return [...groups].flatMap(([publication, group]) => {
    if (!publication) return group;
    const { unclear } = moversOf(inventory, adapter, publication);
    const decisions = group.map(({ decision }) => decision);
    return group.map(({ source, decision }) => {
      const others = decisions.filter((other) => other !== decision);
      return { source, decision: together(decision, others, { address: addressOf(publication), unclear }) };
    });
  });
}

/** Matches a change against the inventory alone. */
export function matchIn({ inventory }: Pick<Deciding, 'inventory'>, change: Change, adapter: SourceAdapter, scope: Scope): Matching {
  const sources = inventory
    .sourcesAt(adapter.repositoryKeys(change.repository))
    .filter(({ target }) => scope.clusters.includes(target.cluster));
  const publications = adapter.publisher?.publications.filter(({ repository }) => repository === change.repository);
  return matchChange(change, meant(adapter, sources, scope.only), publications);
}

/** What a request names, and what moves with that. */
function meant(adapter: SourceAdapter, sources: readonly SourceObject[], only: Scope['only']): readonly SourceObject[] {
  if (!only) return sources;
  const isNamed = ({ target }: SourceObject): boolean => only.targets.includes(targetKey(target));
  const moved = new Set(sources.filter(isNamed).flatMap((source) => movesBy(adapter, source) ?? []));
  return sources.filter((source) => isNamed(source) || moved.has(movesBy(adapter, source) ?? ''));
}

/** What was asked of others before a decision. */
export interface Learned {
  readonly range: Ranged;
  readonly accesses: Accesses;
  /** What in the content forbids to publish it; absent where nothing is published. */
  readonly doubts?: readonly RefDoubt[];
}

/** What policies must know of a source itself. */
export type Traits = Pick<DecisionInput, 'caseSensitive' | 'votes'>;

/** Of a source that is no longer configured nobody knows: the stricter of both. */
export function traitsOf(adapter: Pick<SourceAdapter, 'repositoryKeys' | 'votes'> | undefined, repository: string): Traits {
  if (!adapter) return { caseSensitive: true, votes: true };
  return { caseSensitive: adapter.repositoryKeys(repository).caseSensitive, votes: adapter.votes === true };
}

/** Decides one change for one target, with what is known now; whoever asked for it is who asked then. */
export function decideFor(
  deps: Deciding,
  change: Change,
  source: SourceObject,
  traits: Traits,
  { range, accesses, doubts }: Learned,
): Decision {
  return decide({
    change,
    footprint: deps.inventory.footprint(source),
    identities: { subject: change.subject ?? null },
    policies: deps.policies(),
    range,
    access: accessOf(deps, accesses, change, source.target),
    ...(doubts && doubts.length > 0 ? { doubts } : {}),
    ...traits,
    now: deps.clock.now(),
    id: newId('dec', deps.clock),
  });
}

function asReconcile(clock: Clock, change: Change, decision: Decision, only: Scope['only'], paths: PathsVerdict | null): NewReconcile {
  return {
    id: newId('rec', clock),
    decision: decision.id,
    change: change.id,
    target: decision.target,
    revision: change.revision,
    force: only?.force ?? false,
    paths,
    receivedAt: change.receivedAt,
    createdAt: clock.now(),
  };
}
