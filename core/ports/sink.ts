import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { NewsKind } from '#core/news.ts';
import type { Story } from '#core/ports/journal.ts';
import type { Reconcile } from '#core/reconcile.ts';
import type { TargetRef } from '#core/target.ts';

export type { NewsKind } from '#core/news.ts';

/** One thing that has come about, told in the order in which it did. */
export interface News {
  /** The same whenever it is told again, so that a receiver can tell a repetition. */
  readonly id: string;
  readonly kind: NewsKind;
  /** When it came about, milliseconds since the epoch. */
  readonly at: number;
  readonly target: TargetRef;
  readonly decision: Decision;
  /** Null where nothing was to be done. */
  readonly reconcile: Reconcile | null;
  /** Everything that is known of the change now, which may be more than there was at `at`. */
  readonly story: Story;
  /** For sinks that inherit: the change itself, and then the earlier ones of which more can be said now that this has come about. */
  readonly inherited?: AsyncIterable<Inherited>;
}

/** A change, and what came of it by newer revisions where its own reconcile was superseded. */
export interface Inherited {
  readonly story: Story;
  /** By target key; absent for a target that has come to nothing yet by any of them. */
  readonly heirs: ReadonlyMap<string, Heir>;
}

/** What took the place of a superseded reconcile, and came to an outcome. */
export interface Heir {
  readonly change: Change;
  readonly decision: Decision;
  readonly reconcile: Reconcile;
  /** Whether its revision holds that of the superseded one. Where it does not, it runs without it: forced past it, or asked for. */
  readonly holds: boolean;
}

/** Changes that are told what came of them by others. */
export interface Inheritance {
  /** `spec.sources[].name`: of changes of this source. */
  readonly source: string;
  /** As ReadBack.isAncestor. */
  holds(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined>;
}

/** Somewhere that people look: told of what comes about, at least once. */
export interface Sink {
  /** Unique among the sinks; stable, because what it has been told is remembered by it. */
  readonly name: string;
  /** Present: news brings `inherited`. */
  readonly inherits?: Inheritance | undefined;
  /** Whether it is to be told of this at all. */
  wants(news: News): boolean;
  /**
   * Resolves when the receiver has it. May be called again with the same news.
   * @throws HeadgateError SINK_REFUSED when it will never be taken; anything else thrown means: not now, after `retryAfter` where it is given
   */
  tell(news: News): Promise<void>;
}

/** How far a sink is behind. */
export interface SinkHealth {
  readonly name: string;
  /** When the oldest came about that it is not done with, milliseconds since the epoch; null = none. */
  readonly oldestAt: number | null;
  readonly trouble: SinkTrouble | null;
}

/** Why a sink cannot be told: of the last try. */
export interface SinkTrouble {
  readonly code: string;
  readonly message: string;
  /** When it began, milliseconds since the epoch. */
  readonly beganAt: number;
}
