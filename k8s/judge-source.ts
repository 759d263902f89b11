import type { Attempt } from '#core/ports/clusters.ts';
import { isFailing, isReady, isStalled } from './condition-state.ts';
import type { FluxObject } from './flux-object.ts';
import { hasHandled } from './handled-token.ts';
import { isMadeFrom, sameContent } from './same-content.ts';
import { type Verdict, verdict, verdictBy } from './verdict.ts';

/** What a source object says about an attempt. */
export interface SourceJudgement {
  /** `applied`: its artifact is the desired revision and it is Ready; its consumers decide the rest. */
  readonly verdict: Verdict;
  /** Its artifact is the desired revision. */
  readonly reached: boolean;
  /** It has answered our request with another revision. */
  readonly lagging: boolean;
}

/**
 * Judges the source alone. A failure counts only once our token (or a later one) has been handled: before that it is an older one.
 * A suspended source echoes tokens and stays Ready, so suspension is looked at first.
 */
export function judgeSource(source: FluxObject, attempt: Attempt): SourceJudgement {
  const handled = hasHandled(source, attempt.token);
  const reached = isReached(source, attempt, handled);
  const judged = judge(source, attempt, handled, reached);
  const lagging = judged.outcome === null && attempt.revision !== null && handled && !reached && isReady(source);
  return { verdict: judged, reached, lagging };
}

function judge(source: FluxObject, attempt: Attempt, handled: boolean, reached: boolean): Verdict {
  if (source.suspended) return verdict('skipped', 'suspended', `${source.target.kind} is suspended`);
  if (!reached && isNewer(source, attempt)) return verdict('superseded', 'newer-revision', `serves ${source.artifact?.revision ?? ''}`);
  if (handled && isStalled(source)) return verdictBy('stalled', source.stalled);
  if (handled && isFailing(source)) return verdictBy('failed', source.ready);
  if (reached && isReady(source) && (handled || !hasOpenRequest(source))) return verdict('applied', null, null);
  return verdict(null, handled ? 'source-not-ready' : 'source-not-asked', waitingMessage(source, attempt, handled));
}

/** What an artifact says that it was made from is for whoever pushed it to say: where its digest is known, that is what counts. When the head is meant, whatever the source brought in answer to our token is it. */
function isReached(source: FluxObject, { revision, digest }: Attempt, handled: boolean): boolean {
  if (digest !== undefined && !sameContent(source.artifact?.revision, digest)) return false;
  if (revision === null) return handled && source.artifact !== null && isReady(source);
  return isMadeFrom(source.artifact, revision);
}

/** Someone's request is still to be answered, ours perhaps: what the source says may be about to change. */
function hasOpenRequest({ tokens, handled }: FluxObject): boolean {
  const asked = tokens.at(-1);
  return asked !== undefined && asked !== handled;
}

function isNewer({ artifact }: FluxObject, { newer }: Attempt): boolean {
  return newer.some((commit) => isMadeFrom(artifact, commit));
}

function waitingMessage(source: FluxObject, { revision }: Attempt, handled: boolean): string | null {
  if (handled && isReady(source)) return `serves ${source.artifact?.revision ?? 'nothing'}, not ${revision ?? 'the head'}`;
  return source.reconciling?.message ?? (handled ? (source.ready?.message ?? null) : 'waits for the controller to take up the request');
}
