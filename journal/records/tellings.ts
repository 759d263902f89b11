import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import { newsOfVerdict, type NewsKind } from '#core/news.ts';
import type { Match, Progress } from '#core/ports/journal.ts';
import type { RecordKind } from '#core/ports/records.ts';
import { sortedFields } from '#journal/records/canonical-json.ts';
import { digestOf, type Draft } from '#journal/records/chain.ts';
import { decidedDraft, outcomeDraft, publishedDraft, triggeredDraft, type Attempt, type DecidedChange } from '#journal/records/drafts.ts';
import type { PersonReferences } from '#journal/records/person-references.ts';

/** Where links are added to the chain. */
export interface Chain {
  add(kind: RecordKind, at: number, draft: Draft): void;
}

/** What sinks are told of what was written. */
export interface News {
  readonly kind: NewsKind;
  readonly change: string;
  readonly decision: string;
  readonly reconcile: string | null;
  readonly at: number;
}

/** A reconcile before its progress is written. */
export interface Standing extends Attempt {
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly state: string;
  readonly token: string | null;
  readonly triggeredAt: number | null;
}

/** Puts every decision of a match on record. */
export function recordDecisions(
  chain: Chain,
  references: PersonReferences,
  { change, decisions, reconciles }: Pick<Match, 'change' | 'decisions' | 'reconciles'>,
): void {
  if (decisions.length === 0) return;
  const readBack = change.readBack && digestOf(change.readBack);
  const asked = new Map(reconciles.map(({ id, decision }) => [decision, id]));
  for (const decision of decisions) {
    const facts = references.putIn(sortedFields(decision.facts), decision.at);
    const context = { reconcile: asked.get(decision.id) ?? null, again: false, readBack };
    chain.add('decided', decision.at, decidedDraft(decision, facts, change, context));
  }
}

export function newsOfDecisions({ decisions, reconciles }: Pick<Match, 'decisions' | 'reconciles'>): readonly News[] {
  const asked = new Map(reconciles.map(({ id, decision }) => [decision, id]));
  return decisions.map(({ id, change, verdict, at }) => ({
    kind: newsOfVerdict[verdict],
    change,
    decision: id,
    reconcile: asked.get(id) ?? null,
    at,
  }));
}

/** Puts on record that a newer reconcile took the place of one that waited. */
export function recordSuperseded(chain: Chain, attempt: Attempt, now: number): void {
  chain.add('outcome', now, outcomeDraft(attempt, { outcome: 'superseded', reason: 'newer-revision', final: true }));
}

/**
 * Puts on record what a progress brings. What is there already is not put there again: a failure of which only the message has changed.
 * @param change of a decision that was made again
 */
export function recordProgress(
  chain: Chain,
  references: PersonReferences,
  was: Standing,
  progress: Progress,
  now: number,
  change: DecidedChange | null,
): void {
  const { decided, outcome, triggeredAt, state, token, reason, published } = progress;
  const attempt = decided ? { ...was, decision: decided.id } : was;
  const isOver = (state ?? was.state) === 'ended';
  if (decided && change) recordAgain(chain, references, was.reconcile, decided, change);
  if (published) chain.add('published', now, publishedDraft(attempt, published));
  if (triggeredAt !== undefined && was.triggeredAt === null)
    chain.add('triggered', now, triggeredDraft(attempt, token === undefined ? was.token : token));
  if (!outcome || (outcome === was.outcome && !(isOver && was.state !== 'ended'))) return;
  chain.add('outcome', now, outcomeDraft(attempt, { outcome, reason: reason === undefined ? was.reason : reason, final: isOver }));
}

/** A decision that took the place of an earlier one. */
function recordAgain(chain: Chain, references: PersonReferences, reconcile: string, decided: Decision, change: DecidedChange): void {
  const facts = references.putIn(sortedFields(decided.facts), decided.at);
  const readBack: Change['readBack'] = change.readBack;
  const context = { reconcile, again: true, readBack: readBack && digestOf(readBack) };
  chain.add('decided', decided.at, decidedDraft(decided, facts, change, context));
}

/** @param was the reconcile before; `decision` is the one that made it, or the one made again */
export function newsOfProgress(was: Standing, { decided, outcome, triggeredAt }: Progress, at: number): readonly News[] {
  const kinds: NewsKind[] = [];
  if (decided && decided.verdict !== 'allow') kinds.push(newsOfVerdict[decided.verdict]);
  if (triggeredAt !== undefined && was.triggeredAt === null) kinds.push('triggered');
  if (outcome && outcome !== was.outcome) kinds.push(outcome);
  const { change, reconcile } = was;
  return kinds.map((kind) => ({ kind, change, decision: decided?.id ?? was.decision, reconcile, at }));
}
