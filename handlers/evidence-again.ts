import type { Lease } from '#core/ports/journal.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Ranged } from '#core/range-evidence.ts';
import type { Footprint, SourceObject } from '#core/target.ts';
import { traitsOf, type Deciding } from '#handlers/deciding.ts';
import { verifyRange, verifyTag } from '#handlers/range-evidence.ts';
import type { PolicySet } from '#policy/documents.ts';
import { movedNamespaces } from '#policy/facts.ts';
import { questionOf, rangeNeeds } from '#policy/range-needs.ts';

interface Again extends Deciding {
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
}

/**
 * What policies may ask of a range when a change is decided once more before acting. It counts from where the recorded decision did: by now the
 * journal takes the revision itself for the last allowed one. The source is asked again unless nothing has changed since it was asked.
 * @throws HeadgateError those of ReadBack
 */
export async function evidenceAgain(
  deps: Again,
  { change, decision }: Pick<Lease, 'change' | 'decision'>,
  source: SourceObject,
): Promise<Ranged> {
  const footprint = deps.inventory.footprint(source);
  const policies = deps.policies();
  const recorded = decision.facts['base'];
  const base = typeof recorded === 'string' ? recorded : null;
  const adapter = deps.adapters.get(change.source);
  const { votes } = traitsOf(adapter, change.repository);
  const needs = rangeNeeds(policies, footprint, { source: change.source, ref: change.ref, votes });
  if (needs === null) return { missing: 'no policy asks for it', base };
  const remembered = isGround(decision, policies, footprint) ? deps.remembered?.of(decision.id) : undefined;
  if (remembered) return remembered;
  const { repository, ref, revision } = change;
  const readBack = adapter?.readBack;
  if (!readBack) return { missing: `source ${change.source} is not asked: give it its \`api\``, base };
  const tag = needs.signatures && base === null && revision !== null ? await verifyTag(deps, readBack, { repository, ref, revision }) : {};
  if (base === null || revision === null)
    return { ...tag, missing: 'the decision does not say what it counted from. Ask for it again (`headgate reconcile`)', base };
  const facts = await readBack.range(repository, base, revision, questionOf(needs, ref));
  return verifyRange(deps, readBack, { repository, ref, revision }, facts);
}

/** Whether policies, people and the namespaces that move are those of the decision. */
function isGround({ facts }: Lease['decision'], policies: PolicySet, footprint: Footprint): boolean {
  return facts['policySet'] === policies.hash && JSON.stringify(facts['namespaces']) === JSON.stringify(movedNamespaces(footprint));
}
