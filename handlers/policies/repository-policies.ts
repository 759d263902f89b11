import type { Change } from '#core/change.ts';
import { movesHead } from '#core/change.ts';
import { pause } from '#core/clock.ts';
import type { Decision } from '#core/decision.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { limits } from '#core/limits.ts';
import { policiesFootprint, policiesTarget } from '#core/policies-target.ts';
import type { Archive, DeliveryLog } from '#core/ports/journal.ts';
import type { ReadBack, RefHead } from '#core/ports/read-back.ts';
import type { Ranged } from '#core/range-evidence.ts';
import type { SignatureVerifier } from '#core/signature.ts';
import { targetKey } from '#core/target.ts';
import { newestChanges } from '#handlers/newest-changes.ts';
import { headOf } from '#handlers/order.ts';
import { decidePolicies, isInvalid } from '#handlers/policies/decide-policies.ts';
import {
  bootstrapPolicies,
  inForce,
  keepPolicies,
  restorePolicies,
  type InForce,
  type PolicyKeeping,
} from '#handlers/policies/policies-in-force.ts';
import type { PolicyChanges, PolicyProposal } from '#handlers/policies/policy-changes.ts';
import { readPolicyDocuments, type PolicyDocuments } from '#handlers/policies/policy-documents.ts';
import { policiesRecord } from '#handlers/policies/policy-record.ts';
import { PolicyStanding } from '#handlers/policies/policy-standing.ts';
import { pushersOf } from '#handlers/pushers.ts';
import { verifyRange } from '#handlers/range-evidence.ts';
import { unheardHead } from '#handlers/unheard.ts';
import type { PolicySet } from '#policy/documents.ts';
import { questionOf, rangeNeeds } from '#policy/range-needs.ts';

export interface RepositoryPoliciesDeps extends PolicyKeeping {
  readonly readBack: ReadBack;
  readonly journal: Pick<Archive, 'changes' | 'change' | 'decisions'> & Pick<DeliveryLog, 'append'>;
  /** Whether repositories of the source whose names differ in case only are different ones. */
  readonly caseSensitive: boolean;
  /** Whether changes of the source come with votes and submit requirements. */
  readonly votes: boolean;
  /** Between two looks at the ref, milliseconds. */
  readonly interval: number;
  /** The policies in force with whatever else is known of their people; undefined where nothing is. */
  readonly completed: () => PolicySet | undefined;
  /** Told of each attempt to load something new, for metrics. */
  readonly onReload: (ok: boolean) => void;
}

/** What is there when the rest of the server is. */
export interface PolicyFlow {
  readonly signatures: SignatureVerifier;
  /** A delivery has been entered. */
  readonly onAccepted: () => void;
}

/**
 * The policies of a repository. Those in force decide who may replace them: a new revision goes through confirm and decide like any
 * change, and takes their place when that is in the journal. They have no age limit while the source says that their ref leads to them, or to
 * what they have denied; a source that does not answer, and documents that are not valid, leave them in force for limits.config.policyMaxAge.
 */
export class RepositoryPolicies implements PolicyChanges {
  readonly #deps: RepositoryPoliciesDeps;
  readonly #stopping = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  readonly #standing: PolicyStanding;
  readonly #proposed = new Map<string, PolicyDocuments>();
  #inForce: InForce | undefined;
  /** The newest revision that is known to hold the documents in force. */
  #base = '';
  #noted: { readonly unavailable: string | null; readonly at: number } | undefined;
  #taking: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;
  #flow: PolicyFlow | undefined;

  constructor(deps: RepositoryPoliciesDeps) {
    this.#deps = deps;
    this.#standing = new PolicyStanding(deps);
  }

  /** Resolves when there are policies: until then nothing should be decided. Never rejects. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  start(flow: PolicyFlow): void {
    this.#flow = flow;
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#taking;
  }

  /** The policies in force; undefined before the first, and when those that stand in have outlived their time. */
  current(): PolicySet | undefined {
    return this.#standing.expired === null ? this.#inForce?.set : undefined;
  }

  status(): { readonly hash: string; readonly loadedAt: number; readonly problem: string | null } {
    const { set, loadedAt } = this.#inForce ?? {};
    const nothing = set ? null : 'they have not been read yet';
    return { hash: set?.hash ?? '', loadedAt: loadedAt ?? 0, problem: this.#standing.problem ?? nothing };
  }

  async propose(change: Change): Promise<PolicyProposal | undefined> {
    const { origin, content, readBack } = this.#deps;
    const now = this.#inForce;
    if (!now || change.revision === null || !this.#concerns(change)) return undefined;
    const documents = await readPolicyDocuments(content, origin, change.revision);
    const descends = (await readBack.isAncestor(origin.repository, this.#base, change.revision)) === true;
    if (documents.digest === now.digest) {
      if (descends) this.#base = change.revision;
      this.#standing.led(null);
      return undefined;
    }
    this.#keepProposed(change.id, documents);
    const range = await this.#range(change.revision);
    return { documents: documents.digest, problem: 'problem' in documents.set ? documents.set.problem : null, descends, range };
  }

  /** What came since the revision in force, where its policies ask for reviews, checks or signatures of that. */
  async #range(revision: string): Promise<Ranged> {
    const { origin, readBack, clock, votes } = this.#deps;
    const { repository, ref } = origin;
    const needs = rangeNeeds(this.#deciding(), policiesFootprint, { source: origin.source, ref: origin.ref, votes });
    if (!needs) return { missing: 'no policy asks for it' };
    const facts = await readBack.range(repository, this.#base, revision, questionOf(needs, ref));
    return verifyRange({ clock, signatures: this.#flow?.signatures }, readBack, { repository, ref, revision }, facts);
  }

  /** The policies in force, with their teams where these are known. Not `current()`: those that stand in for too long still decide this. */
  #deciding(): PolicySet {
    if (!this.#inForce) throw new HeadgateError('INTERNAL', 'there are no policies that could decide');
    const completed = this.#deps.completed();
    return completed?.revision === this.#inForce.revision ? completed : this.#inForce.set;
  }

  decide(change: Change, proposal: PolicyProposal): Decision {
    const { clock, caseSensitive, votes } = this.#deps;
    const asked = { caseSensitive, votes, now: clock.now(), id: newId('dec', clock) };
    return decidePolicies({ change, proposal, policies: this.#deciding(), ...asked });
  }

  async settled(change: Change, decision: Decision): Promise<void> {
    this.#standing.led(decision);
    if (decision.verdict === 'allow') return this.#take(change, decision);
    const { log } = this.#deps;
    log.warn('a change of the policies is denied; those in force stay', { revision: change.revision ?? '', decision: decision.id });
  }

  /** What moves the head of their ref; a request moves nothing. */
  #concerns(change: Change): boolean {
    const { origin, caseSensitive } = this.#deps;
    const [one, other] = [change.repository, origin.repository].map((name) => (caseSensitive ? name : name.toLowerCase()));
    const isTheirs = change.source === origin.source && change.ref === origin.ref && one === other;
    return isTheirs && change.confirmed && change.action !== 'deleted' && movesHead(change);
  }

  #keepProposed(change: string, documents: PolicyDocuments): void {
    this.#proposed.set(change, documents);
    const [oldest] = this.#proposed.keys();
    if (this.#proposed.size > limits.policies.proposed && oldest !== undefined) this.#proposed.delete(oldest);
  }

  async #run(): Promise<void> {
    const { clock, interval } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      await this.#look();
      await pause(clock, this.#inForce ? interval : Math.min(interval, limits.policies.retry), this.#stopping.signal);
    }
  }

  /** What is kept here is enough to begin with; the source is asked in any case. */
  async #look(): Promise<void> {
    try {
      if (!this.#inForce) await this.#restore();
      const head = await this.#head();
      if (!this.#inForce) this.#begin(await bootstrapPolicies(this.#deps, head.commit));
      await this.#catchUp(head);
      await this.#enter(head);
      await this.#heard();
    } catch (error) {
      this.#standing.unheard(messageOf(error));
    }
    await this.#note();
  }

  async #restore(): Promise<void> {
    const restored = await restorePolicies(this.#deps);
    if (!restored) return;
    this.#standing.heard((await this.#deps.cache.heardAt(restored.digest)) ?? restored.taken.at);
    this.#inForce = restored;
    this.#base = restored.revision;
    await this.#catchUp(null).catch((error: unknown) => this.#standing.unheard(messageOf(error)));
    this.#ready.resolve();
  }

  #begin(first: InForce): void {
    this.#deps.log.info('policies are in force without a decision', { revision: first.revision, by: first.taken.by });
    this.#inForce = first;
    this.#base = first.revision;
    this.#noted = { unavailable: null, at: this.#deps.clock.now() };
    this.#ready.resolve();
  }

  async #head(): Promise<RefHead> {
    const { readBack, origin } = this.#deps;
    const head = (await readBack.heads(origin.repository, [origin.ref])).get(origin.ref);
    if (head) return head;
    throw new HeadgateError('SOURCE_REFUSED', `${origin.repository} has no ${origin.ref}, which the policies come from`);
  }

  /** Takes into force what was allowed before a crash, or could not be taken then; and learns again what was wrong with documents. */
  async #catchUp(head: RefHead | null): Promise<void> {
    const { journal } = this.#deps;
    const { items } = await journal.decisions({ target: targetKey(policiesTarget) }, { limit: 1, cursor: null });
    const [newest] = items;
    if (!newest || !this.#restsOnThese(newest)) return;
    if (newest.facts['revision'] === head?.commit && isInvalid(newest)) this.#standing.led(newest);
    const change = newest.verdict === 'allow' ? await journal.change(newest.change) : undefined;
    if (change) await this.#take(change, newest);
  }

  /** A head that nothing told of enters as a delivery. */
  async #enter(head: RefHead): Promise<void> {
    const { origin, journal, clock, log } = this.#deps;
    if (head.commit === this.#base) return;
    const of = { source: origin.source, repository: origin.repository, ref: origin.ref };
    const known = headOf(await newestChanges(journal, of));
    if (known?.revision === head.commit) return;
    const actors = await pushersOf(this.#deps.readBack, of, known, head.commit);
    const cause = 'the ref of the policies is watched';
    if ((await journal.append(unheardHead(clock, of, head, { known, actors, cause }))).known) return;
    log.info('a revision of the policies was found that nothing told of', { ...of, revision: head.commit });
    this.#flow?.onAccepted();
  }

  /** One after the other, whoever asks. Does not reject. */
  #take(change: Change, decision: Decision): Promise<void> {
    const { log, onReload } = this.#deps;
    this.#taking = this.#taking
      .then(() => this.#replace(change, decision))
      .catch((error: unknown) => {
        log.error('policies that were allowed could not be taken into force, will retry', {
          revision: change.revision ?? '',
          error: messageOf(error),
        });
        onReload(false);
      });
    return this.#taking;
  }

  async #replace(change: Change, decision: Decision): Promise<void> {
    const { origin, content, clock, log, onReload } = this.#deps;
    if (change.revision === null || change.revision === this.#inForce?.revision || !this.#restsOnThese(decision)) return;
    const documents = this.#proposed.get(change.id) ?? (await readPolicyDocuments(content, origin, change.revision));
    if (documents.digest !== decision.facts['policyDocuments'])
      throw new HeadgateError('POLICY_INVALID', `${change.revision} holds other documents than those that were decided`);
    const actors = change.actors.map(({ role, name, account }) => `${role} ${name}${account === null ? '' : ` (${account})`}`);
    const taken = { at: clock.now(), by: 'decision', change: change.id, decision: decision.id, actors } as const;
    const next = inForce(documents, taken, clock.now());
    await keepPolicies(this.#deps, documents, next);
    this.#inForce = next;
    this.#base = next.revision;
    this.#noted = { unavailable: null, at: clock.now() };
    this.#proposed.delete(change.id);
    onReload(true);
    log.info('other policies are in force', { revision: next.revision, decision: decision.id });
  }

  /** A decision counts for the policies that made it, and no others. */
  #restsOnThese({ facts, at }: Decision): boolean {
    const now = this.#inForce;
    return now !== undefined && facts['policyRevision'] === now.revision && at >= now.taken.at;
  }

  async #heard(): Promise<void> {
    const { clock, cache } = this.#deps;
    this.#standing.heard();
    if (this.#inForce) await cache.heard(this.#inForce.digest, clock.now());
  }

  /** Puts on record that they allow nothing any more, or do again, and every day which they are. */
  async #note(): Promise<void> {
    const { clock, records, origin, log } = this.#deps;
    const unavailable = this.#standing.expired;
    const isDue = this.#noted?.unavailable !== unavailable || clock.now() - this.#noted.at >= limits.policies.again;
    if (!this.#inForce || !isDue) return;
    const { set, digest, taken } = this.#inForce;
    try {
      await records.note(policiesRecord(clock.now(), origin, set, digest, taken, unavailable));
      this.#noted = { unavailable, at: clock.now() };
    } catch (error) {
      log.warn('the policies in force could not be put on record', { error: messageOf(error) });
    }
  }
}
