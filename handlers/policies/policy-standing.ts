import type { Clock } from '#core/clock.ts';
import type { Decision } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { isInvalid } from '#handlers/policies/decide-policies.ts';

interface Standing {
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each attempt to load something new, for metrics. */
  readonly onReload: (ok: boolean) => void;
}

interface Trouble {
  readonly message: string;
  /** Since when, milliseconds since the epoch. */
  readonly at: number;
}

/**
 * How well the policies in force stand: whether their source says where their ref is, and whether what it leads to could be taken into
 * force. Neither may be so for longer than limits.config.policyMaxAge. By the wall clock, because a restart must not begin it anew.
 */
export class PolicyStanding {
  readonly #around: Standing;
  #heardAt = 0;
  #unheard: string | null = null;
  #invalid: Trouble | null = null;

  constructor(around: Standing) {
    this.#around = around;
  }

  /** The source said where the ref is. @param at milliseconds since the epoch; default now */
  heard(at: number = this.#around.clock.now()): void {
    const { log, onReload } = this.#around;
    if (this.#unheard !== null) log.info('the repository of the policies answers again');
    if (this.#unheard !== null && !this.#invalid) onReload(true);
    this.#unheard = null;
    this.#heardAt = at;
  }

  /** It did not. One line for each new problem, not one for each look. */
  unheard(problem: string): void {
    const { log, onReload } = this.#around;
    if (problem !== this.#unheard) {
      log.warn('the policies cannot be followed; those in force stay for a while', { error: problem });
      onReload(false);
    }
    this.#unheard = problem;
  }

  /** What the ref leads to was decided, or is what is in force (null). */
  led(to: Decision | null): void {
    const was = this.#invalid;
    this.#invalid = to && isInvalid(to) ? (was ?? { message: to.reasons[0]?.message ?? '', at: to.at }) : null;
    if (this.#invalid && !was) this.#around.onReload(false);
  }

  /** What is wrong, in words; null when nothing is. */
  get problem(): string | null {
    return this.#trouble()?.message ?? null;
  }

  /** Why the policies allow nothing any more; null while they do. */
  get expired(): string | null {
    const trouble = this.#trouble();
    return trouble && this.#around.clock.now() - trouble.at > limits.config.policyMaxAge ? trouble.message : null;
  }

  #trouble(): Trouble | null {
    return this.#unheard === null ? this.#invalid : { message: this.#unheard, at: this.#heardAt };
  }
}
