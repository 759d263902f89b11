import type { Cancel, Clock } from '#core/clock.ts';

interface Task {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A Clock that moves only when told to. `random()` is a fixed-seed sequence. */
export class SimulatedClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #order = 0;
  #seed = 0x2545f491;
  readonly #tasks = new Set<Task>();

  constructor(wall = Date.UTC(2026, 0, 1)) {
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  random(): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return this.#seed / 2 ** 32;
  }

  after(ms: number, run: () => void): Cancel {
    const task: Task = { at: this.#monotonic + Math.max(0, ms), order: this.#order++, run };
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  }

  /** Moves both clocks forward, running due tasks in order and letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    await settle(); // what was begun before may still have to set its timers
    const end = this.#monotonic + ms;
    for (let task = this.#due(end); task !== undefined; task = this.#due(end)) {
      this.#tasks.delete(task);
      this.#move(task.at);
      task.run();
      await settle();
    }
    this.#move(end);
    await settle();
  }

  /** Moves the wall clock alone, as an administrator or NTP would. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  #move(to: number): void {
    this.#wall += to - this.#monotonic;
    this.#monotonic = to;
  }

  #due(end: number): Task | undefined {
    let first: Task | undefined;
    for (const task of this.#tasks) {
      if (task.at > end) continue;
      if (!first || task.at < first.at || (task.at === first.at && task.order < first.order)) first = task;
    }
    return first;
  }
}

/** Lets pending promise callbacks and one turn of I/O run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
