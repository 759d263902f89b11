import type { Announcer } from '#core/announcements.ts';
import { backOff, pause, type Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Archive, Note, Outbox, Story } from '#core/ports/journal.ts';
import type { News, Sink, SinkTrouble } from '#core/ports/sink.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { targetKey } from '#core/target.ts';
import { inheritedOf } from '#handlers/heirs.ts';

export interface Telling {
  readonly clock: Clock;
  readonly journal: Pick<Outbox, 'untold' | 'told'> & Pick<Archive, 'story' | 'superseded' | 'later'>;
  readonly announcer: Pick<Announcer, 'subscribe'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'told'>;
}

/**
 * Tells one sink what has come about, in order and at least once: the journal moves on when the sink has it, or will never take it.
 * While it cannot be told the first news waits, and all others behind it; other sinks have loops of their own.
 */
export class Teller {
  readonly #deps: Telling;
  readonly #sink: Sink;
  readonly #stopping = new AbortController();
  #unsubscribe: () => void = () => {};
  #running: Promise<void> | undefined;
  #woken = false;
  #wakeUp: () => void = () => {};
  #failures = 0;
  #trouble: SinkTrouble | null = null;

  constructor(deps: Telling, sink: Sink) {
    this.#deps = deps;
    this.#sink = sink;
  }

  /** Why it cannot be told now. */
  get trouble(): SinkTrouble | null {
    return this.#trouble;
  }

  /** Takes up where it ended, in this process or in one before. */
  start(): void {
    this.#unsubscribe = this.#deps.announcer.subscribe(() => this.#wake());
    this.#running ??= this.#run();
  }

  /** Waits for what is being told, within a bound; what is cut off is told again after the next start. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#stopping.abort();
    this.#wake();
    await Promise.race([this.#running, pause(this.#deps.clock, limits.tell.stop)]);
  }

  #wake(): void {
    this.#woken = true;
    this.#wakeUp();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#woken = false;
      try {
        const notes = await this.#deps.journal.untold(this.#sink.name, limits.tell.batch);
        if (notes.length > 0) await this.#tellAll(notes);
        else await this.#sleep();
      } catch (error) {
        if (!signal.aborted) await this.#holdOff(error);
      }
    }
  }

  /** Until something is written. The poll is a net beneath the announcements. */
  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(limits.tell.poll, resolve);
      this.#wakeUp = () => {
        cancel();
        resolve();
      };
      if (this.#woken) this.#wakeUp();
    });
  }

  async #tellAll(notes: readonly Note[]): Promise<void> {
    const { journal } = this.#deps;
    const { name } = this.#sink;
    const stories = new Map<string, Promise<Story | undefined>>();
    let passed = 0;
    for (const note of notes) {
      if (this.#stopping.signal.aborted) break;
      const story = stories.get(note.change) ?? journal.story(note.change);
      stories.set(note.change, story);
      const news = newsOf(note, await story);
      if (news && this.#sink.wants(news)) {
        await this.#tell(news);
        await journal.told(name, note.seq);
      } else passed = note.seq;
    }
    if (passed > 0) await journal.told(name, passed);
  }

  async #tell(news: News): Promise<void> {
    const { clock, log } = this.#deps;
    if (this.#failures > 0 && clock.now() - news.at > limits.tell.maxAge) {
      log.error('a sink could not be told for too long: it never will be', this.#fields(news));
      return this.#count('given_up');
    }
    try {
      await this.#sink.tell(this.#withInherited(news));
    } catch (error) {
      if (!(error instanceof HeadgateError) || error.code !== 'SINK_REFUSED') throw error;
      log.warn('a sink refuses news', { ...this.#fields(news), code: error.code, error: error.message });
      this.#answered();
      return this.#count('refused');
    }
    this.#answered();
    this.#count('told');
  }

  #withInherited(news: News): News {
    const { inherits: inheritance } = this.#sink;
    return inheritance ? { ...news, inherited: inheritedOf({ journal: this.#deps.journal, inheritance }, news) } : news;
  }

  #answered(): void {
    if (this.#failures > 0) this.#deps.log.info('a sink can be told again', { sink: this.#sink.name });
    this.#failures = 0;
    this.#trouble = null;
  }

  /** The wait is not cut short by further news: a sink that fails is left in peace. */
  async #holdOff(error: unknown): Promise<void> {
    const { clock, log } = this.#deps;
    const { backOffBase, backOffCap, retryAfterMax } = limits.tell;
    const known = error instanceof HeadgateError ? error : undefined;
    const asked = known?.retryAfter;
    const own = backOff(clock, this.#failures, backOffBase, backOffCap);
    const wait = asked === undefined ? own : Math.max(backOffBase, Math.min(asked, retryAfterMax));
    const trouble = { code: known?.code ?? 'INTERNAL', message: messageOf(error) };
    this.#failures++;
    this.#trouble = { ...trouble, beganAt: this.#trouble?.beganAt ?? clock.now() };
    this.#count('retried');
    const fields = { sink: this.#sink.name, code: trouble.code, error: trouble.message, retryInMs: Math.round(wait) };
    log.warn('a sink cannot be told, will try again', fields);
    await pause(clock, wait, this.#stopping.signal);
  }

  #count(outcome: 'told' | 'refused' | 'given_up' | 'retried'): void {
    this.#deps.metrics.told(this.#sink.name, outcome);
  }

  #fields({ kind, target, story }: News) {
    return { sink: this.#sink.name, kind, target: targetKey(target), change: story.change.id, revision: story.change.revision };
  }
}

/** Undefined when the story is gone, or was never there. */
function newsOf({ kind, at, decision: decided, reconcile: asked }: Note, story: Story | undefined): News | undefined {
  const decision = story?.decisions.find(({ id }) => id === decided);
  if (!story || !decision) return undefined;
  const reconcile = story.reconciles.find(({ id }) => id === asked) ?? null;
  return { id: `${asked ?? decided}-${kind}`, kind, at, target: decision.target, decision, reconcile, story };
}
