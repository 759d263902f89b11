import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Inventory, Observation, Observer } from '#core/ports/clusters.ts';
import type { Archive, Work } from '#core/ports/journal.ts';
import type { Records } from '#core/ports/records.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { isAtCommit, parseRevision } from '#core/revision.ts';
import { targetKey, type SourceObject, type TargetRef } from '#core/target.ts';
import { movesBy } from '#handlers/movers.ts';
import type { TargetEventWriter } from '#handlers/target-events.ts';
import type { PolicySet } from '#policy/documents.ts';
import { selects } from '#policy/rules.ts';

export interface AppliedDeps {
  readonly clock: Clock;
  readonly journal: Pick<Records, 'lastSeen' | 'see'> & Pick<Work, 'newer' | 'published'> & Pick<Archive, 'decisions' | 'change'>;
  readonly inventory: Pick<Inventory, 'onChange' | 'find' | 'sources' | 'footprint'>;
  readonly observer: Observer;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
  readonly policies: () => PolicySet;
  readonly events: Pick<TargetEventWriter, 'write'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'ungated'>;
}

/** A revision that a target runs since `at`, and when it is looked up whether anything allowed it, monotonic. */
interface Sighting {
  readonly target: TargetRef;
  readonly revision: string;
  /** What its artifact says that it was made from. */
  readonly origin: string | undefined;
  /** Where it is published; undefined when nobody here publishes it. */
  readonly address: string | undefined;
  readonly at: number;
  readonly due: number;
}

/**
 * Finds what targets run that no decision allowed, where policies are about them: Flux polls by itself, and people have kubectl. Every
 * such revision is put on record once, and what a target ran when it was seen for the first time. What a decision allowed has its own
 * records. A sighting waits before it is judged, because Flux may fetch a commit before its webhook has come through.
 */
export class AppliedHandler {
  readonly #deps: AppliedDeps;
  /** By target: the revision that was seen last. */
  readonly #seen = new Map<string, string>();
  /** By target and revision, oldest first. */
  readonly #waiting = new Map<string, Sighting>();
  #unsubscribe: () => void = () => {};

  constructor(deps: AppliedDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    for (const [target, revision] of await this.#deps.journal.lastSeen()) this.#seen.set(target, revision);
    this.#unsubscribe = this.#deps.inventory.onChange((target) => this.#look(this.#deps.inventory.find(target)));
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** Looks at everything that a cluster runs: it is in sight again, and what changed meanwhile was not heard of. */
  scan(cluster: string): void {
    for (const source of this.#deps.inventory.sources()) if (source.target.cluster === cluster) this.#look(source);
  }

  /** Judges the sightings whose time has come. What cannot be written is tried again. Does not reject. */
  async judge(): Promise<void> {
    const now = this.#deps.clock.monotonic();
    const due = [...this.#waiting].filter(([, sighting]) => sighting.due <= now).slice(0, limits.applied.judgedAtOnce);
    try {
      for (const [key, sighting] of due) {
        await this.#judge(sighting);
        this.#waiting.delete(key);
      }
    } catch (error) {
      this.#deps.log.warn('what a target runs could not be put on record, will retry', { error: messageOf(error) });
    }
  }

  #look(source: SourceObject | undefined): void {
    const revision = source?.artifactRevision;
    if (!source || !revision) return;
    const target = targetKey(source.target);
    const key = `${target} ${revision}`;
    if (this.#seen.get(target) === revision || this.#waiting.has(key) || !this.#isCovered(source)) return;
    if (!isApplied(revision, this.#deps.observer.observe(source.target, { revision: null, token: null, newer: [] }))) return;
    if (this.#waiting.size >= limits.applied.waiting)
      return this.#deps.log.warn('too much is new to be looked at; what this target runs is looked at when it changes again', { target });
    const { clock } = this.#deps;
    const due = clock.monotonic() + limits.applied.patience;
    const { target: ref, artifactOrigin: origin } = source;
    this.#waiting.set(key, { target: ref, revision, origin, address: this.#addressOf(source), at: clock.now(), due });
  }

  #isCovered(source: SourceObject): boolean {
    const { policies, inventory } = this.#deps;
    const { cluster, namespace } = source.target;
    const namespaces = [namespace, ...inventory.footprint(source).namespaces];
    const concerned = policies().index.candidates(namespaces);
    return concerned.some((policy) => namespaces.some((one) => selects(policy, cluster, one)));
  }

  #addressOf(source: SourceObject): string | undefined {
    for (const adapter of this.#deps.adapters.values()) {
      const address = movesBy(adapter, source);
      if (address !== undefined) return address;
    }
    return undefined;
  }

  async #judge(sighting: Sighting): Promise<void> {
    const { target, revision, at } = sighting;
    const key = targetKey(target);
    const isFirst = !this.#seen.has(key);
    const isAllowed = await this.#isAllowed(key, sighting);
    const denied = isAllowed || isFirst ? null : await this.#denialOf(key, sighting);
    await this.#deps.journal.see({ target: key, revision, at, ungated: isAllowed ? null : { first: isFirst, denied } });
    this.#seen.set(key, revision);
    if (!isAllowed && !isFirst) this.#tell(sighting, denied);
  }

  /**
   * Allowed by name, or as whatever the head would be (`revision` null). Of what is published here its digest counts, and not what it says that it was made from:
   * it must be what was published of a change that was allowed for this target.
   */
  async #isAllowed(target: string, { revision, address }: Sighting): Promise<boolean> {
    const { journal } = this.#deps;
    const allowed = await journal.newer(target, 0);
    if (address === undefined)
      return allowed.at(-1)?.revision === null || allowed.some((one) => one.revision !== null && isAtCommit(revision, one.revision));
    const published = await journal.published(`sha256:${parseRevision(revision)?.digest ?? ''}`);
    return published.some((one) => one.address === address && allowed.some(({ change }) => change === one.change));
  }

  /** Id of the decision that denied exactly this to the target, if one of the latest did. */
  async #denialOf(target: string, { revision, origin }: Sighting): Promise<string | null> {
    const { journal } = this.#deps;
    const { items } = await journal.decisions({ target, verdict: 'deny' }, { limit: limits.applied.denials, cursor: null });
    for (const { id, change } of items) {
      const commit = (await journal.change(change))?.revision ?? null;
      if (commit !== null && isAtCommit(origin ?? revision, commit)) return id;
    }
    return null;
  }

  #tell({ target, revision, origin, address }: Sighting, denied: string | null): void {
    const { metrics, events, log } = this.#deps;
    const { kind: controllerKind, name, namespace } = target;
    const by = denied === null ? 'no decision allowed it' : `decision ${denied} denied it`;
    const why = address === undefined ? by : `${by}: it was not published here, and says that it was made from ${origin ?? 'nothing'}`;
    metrics.ungated(target);
    events.write(target, 'HeadgateUngated', `${revision} is applied, and ${why}`);
    log.warn('a target runs what no decision allowed', { controllerKind, name, namespace, target: targetKey(target), revision, denied });
  }
}

/** Whether somebody who follows the source is at its revision; the version of a chart cannot be compared, and where nobody follows there is nothing to compare. */
function isApplied(revision: string, { fresh, consumers }: Observation): boolean {
  if (!fresh) return false;
  const digest = parseRevision(revision)?.digest;
  const reached = consumers.map((consumer) => consumer.revision).filter((one) => one !== null);
  return consumers.length === 0 || reached.some((one) => one === revision || [digest, undefined].includes(parseRevision(one)?.digest));
}
