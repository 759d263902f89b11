import type { Change } from '#core/change.ts';
import type { Clock } from '#core/clock.ts';
import type { Decision } from '#core/decision.ts';
import type { Hint } from '#core/delivery.ts';
import { newId } from '#core/ids.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Match, NewReconcile } from '#core/ports/journal.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { targetKey, type SourceObject } from '#core/target.ts';
import { matchChange } from '#handlers/match.ts';
import { decide } from '#policy/decide.ts';
import type { PolicySet } from '#policy/documents.ts';

/** What matching and deciding need. */
export interface Deciding {
  readonly clock: Clock;
  readonly inventory: Pick<Inventory, 'sourcesAt' | 'footprint' | 'find'>;
  /** The policies in force; an empty set, which denies everything, once the last good one has outlived its age limit. */
  readonly policies: () => PolicySet;
}

/** The targets that a request names, or undefined for changes that go wherever they match. */
type Only = Hint['only'];

/**
 * Matches a change against the inventory and decides it for every target that matches.
 * @param clusters only targets of these clusters count
 */
export function matchAndDecide(deps: Deciding, change: Change, adapter: SourceAdapter, only: Only, clusters: readonly string[]): Match {
  const keys = adapter.repositoryKeys(change.repository);
  const sources = deps.inventory.sourcesAt(keys).filter((source) => inScope(source, only, clusters));
  const { matched, candidates } = matchChange(change, sources);
  const decisions = matched.map((source) => decideFor(deps, change, source, keys.caseSensitive));
  const reconciles = decisions
    .filter((decision) => decision.verdict === 'allow')
    .map((decision) => asReconcile(deps.clock, change, decision, only));
  return { change, candidates, decisions, reconciles };
}

/** Decides one change for one target, with what is known now. */
export function decideFor(deps: Deciding, change: Change, source: SourceObject, caseSensitive: boolean): Decision {
  return decide({
    change,
    footprint: deps.inventory.footprint(source),
    identities: { subject: null },
    policies: deps.policies(),
    caseSensitive,
    now: deps.clock.now(),
    id: newId('dec', deps.clock),
  });
}

function inScope(source: SourceObject, only: Only, clusters: readonly string[]): boolean {
  if (only && !only.targets.includes(targetKey(source.target))) return false;
  return clusters.includes(source.target.cluster);
}

function asReconcile(clock: Clock, change: Change, decision: Decision, only: Only): NewReconcile {
  return {
    id: newId('rec', clock),
    decision: decision.id,
    change: change.id,
    target: decision.target,
    revision: change.revision,
    force: only?.force ?? false,
    receivedAt: change.receivedAt,
    createdAt: clock.now(),
  };
}
