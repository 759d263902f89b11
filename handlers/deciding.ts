import type { Change } from '#core/change.ts';
import type { Clock } from '#core/clock.ts';
import type { Decision } from '#core/decision.ts';
import type { Hint } from '#core/delivery.ts';
import { newId } from '#core/ids.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Match, NewReconcile } from '#core/ports/journal.ts';
import type { Ranged } from '#core/range-evidence.ts';
import type { RepositoryKeys, SourceAdapter } from '#core/ports/source-adapter.ts';
import type { SignatureVerifier } from '#core/signature.ts';
import type { PathsVerdict } from '#core/reconcile.ts';
import { targetKey, type SourceObject } from '#core/target.ts';
import { accessOf, noAccesses, type Accesses, type Authorized } from '#handlers/accesses.ts';
import { matchChange, type Matching } from '#handlers/match.ts';
import type { RangeMemory } from '#handlers/range-memory.ts';
import type { Ranges } from '#handlers/ranges.ts';
import { decide } from '#policy/decide.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import type { PolicySet } from '#policy/documents.ts';

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
 */
export function matchAndDecide(
  deps: Deciding,
  change: Change,
  adapter: SourceAdapter,
  scope: Scope,
  ranges: Ranges,
  accesses: Accesses = noAccesses,
): Match {
  const keys = adapter.repositoryKeys(change.repository);
  const { matched, candidates } = matchAt(deps, keys, change, scope);
  const decided = matched.map((source) => {
    const range = ranges.evidence(source);
    const decision = decideFor(deps, change, source, traitsOf(adapter, change.repository), { range, accesses });
    if (!('missing' in range) && 'evidence' in decision.facts) deps.remembered?.keep(decision.id, range);
    return { source, decision };
  });
  const reconciles = decided
    .filter(({ decision }) => decision.verdict === 'allow')
    .map(({ decision, source }) => asReconcile(deps.clock, change, decision, scope.only, ranges.paths(source)));
  return { change, candidates, decisions: decided.map(({ decision }) => decision), reconciles };
}

/** Matches a change against the inventory alone. */
export function matchIn(deps: Pick<Deciding, 'inventory'>, change: Change, adapter: SourceAdapter, scope: Scope): Matching {
  return matchAt(deps, adapter.repositoryKeys(change.repository), change, scope);
}

function matchAt({ inventory }: Pick<Deciding, 'inventory'>, keys: RepositoryKeys, change: Change, scope: Scope): Matching {
  return matchChange(
    change,
    inventory.sourcesAt(keys).filter((source) => inScope(source, scope)),
  );
}

/** What was asked of others before a decision. */
export interface Learned {
  readonly range: Ranged;
  readonly accesses: Accesses;
}

/** What policies must know of a source itself. */
export type Traits = Pick<DecisionInput, 'caseSensitive' | 'votes'>;

/** Of a source that is no longer configured nobody knows: the stricter of both. */
export function traitsOf(adapter: Pick<SourceAdapter, 'repositoryKeys' | 'votes'> | undefined, repository: string): Traits {
  if (!adapter) return { caseSensitive: true, votes: true };
  return { caseSensitive: adapter.repositoryKeys(repository).caseSensitive, votes: adapter.votes === true };
}

/** Decides one change for one target, with what is known now; whoever asked for it is who asked then. */
export function decideFor(deps: Deciding, change: Change, source: SourceObject, traits: Traits, { range, accesses }: Learned): Decision {
  return decide({
    change,
    footprint: deps.inventory.footprint(source),
    identities: { subject: change.subject ?? null },
    policies: deps.policies(),
    range,
    access: accessOf(deps, accesses, change, source.target),
    ...traits,
    now: deps.clock.now(),
    id: newId('dec', deps.clock),
  });
}

function inScope(source: SourceObject, { only, clusters }: Scope): boolean {
  if (only && !only.targets.includes(targetKey(source.target))) return false;
  return clusters.includes(source.target.cluster);
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
