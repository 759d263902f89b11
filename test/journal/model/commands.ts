import assert from 'node:assert/strict';
import type fc from 'fast-check';
import { limits } from '#core/limits.ts';
import type { Lease } from '#core/ports/journal.ts';
import { delivery, done } from '../../conformance/journal/material.ts';
import { assertSame } from './compare.ts';
import type { Model, Real } from './state.ts';

/** One step. What it does to the model it asserts of the journal; afterwards both are compared as a whole. */
abstract class Step implements fc.AsyncCommand<Model, Real> {
  check(_model: Readonly<Model>): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    await this.perform(model, real);
    await assertSame(model, real);
  }
  abstract perform(model: Model, real: Real): Promise<void>;
  toString(): string {
    return `${this.constructor.name} ${JSON.stringify(this)}`;
  }
}

/** Some new deliveries at once, some of them twice. */
export class Append extends Step {
  readonly count: number;
  readonly twice: boolean;
  constructor(count: number, twice: boolean) {
    super();
    this.count = count;
    this.twice = twice;
  }
  async perform(model: Model, { journal }: Real): Promise<void> {
    const ns = Array.from({ length: this.count }, () => model.next++);
    const sent = this.twice ? [...ns, ...ns] : ns;
    const answers = await Promise.all(sent.map((n) => journal.append(delivery(n))));
    assert.equal(answers.filter(({ known }) => !known).length, ns.length);
    for (const n of ns) model.deliveries.set(n, { state: 'pending', body: true });
    if (this.twice) model.seen.add('concurrent duplicate');
  }
}

export class Redeliver extends Step {
  readonly choice: number;
  constructor(choice: number) {
    super();
    this.choice = choice;
  }
  override check(model: Readonly<Model>): boolean {
    return model.deliveries.size > 0;
  }
  async perform(model: Model, { journal }: Real): Promise<void> {
    const n = model.pick([...model.deliveries.keys()], this.choice) ?? 0;
    assert.deepEqual(await journal.append(delivery(n, { id: `dlv_again_${n}` })), { id: `dlv_${n}`, known: true });
  }
}

/** Settles the oldest pending deliveries; settling one that is settled already changes nothing. */
export class Settle extends Step {
  readonly count: number;
  readonly targets: readonly string[];
  constructor(count: number, targets: readonly string[]) {
    super();
    this.count = count;
    this.targets = targets;
  }
  async perform(model: Model, { journal }: Real): Promise<void> {
    const ns = (await journal.pending(this.count)).map(({ id }) => Number(id.slice(4)));
    assert.deepEqual(ns, model.pending().slice(0, this.count));
    await journal.settle(ns.map((n) => done(n, this.targets)));
    await journal.settle(ns.map((n) => done(n, this.targets)));
    for (const n of ns) {
      const known = model.deliveries.get(n);
      if (known) known.state = 'done';
      for (const target of this.targets) model.reconciles.push({ id: `rec_${n}_${target}`, n, target, state: 'queued', outcome: null });
    }
  }
}

export class Take extends Step {
  readonly target: string;
  constructor(target: string) {
    super();
    this.target = target;
  }
  async perform(model: Model, { journal, clock, leaseMs }: Real): Promise<void> {
    const queued = model.reconciles.filter(({ target, state }) => target === this.target && state === 'queued');
    const newest = queued.pop();
    const taking = journal.take(`prod/GitRepository/apps/${this.target}`);
    if (!newest) return assert.equal(await taking, undefined);
    const held = model.leases.get(this.target);
    if (held && held.expires > clock.monotonic()) {
      model.seen.add('refused');
      return assert.rejects(taking, { code: 'TARGET_LEASED' });
    }
    const lease = (await taking) ?? assert.fail('nothing taken');
    if (held) {
      model.stale.push(held.lease);
      model.seen.add('taken over');
    }
    const fence = (model.fences.get(this.target) ?? 0) + 1;
    assert.deepEqual([lease.reconcile.id, lease.superseded, lease.fence], [newest.id, queued.length, fence]);
    if (queued.length > 0) model.seen.add('superseded');
    for (const older of queued) Object.assign(older, { state: 'ended', outcome: 'superseded' });
    model.fences.set(this.target, fence);
    model.leases.set(this.target, { lease, expires: clock.monotonic() + leaseMs, isOrphan: false });
  }
}

export class Release extends Step {
  readonly target: string;
  readonly state: 'queued' | 'observing' | 'ended';
  constructor(target: string, state: 'queued' | 'observing' | 'ended') {
    super();
    this.target = target;
    this.state = state;
  }
  override check(model: Readonly<Model>): boolean {
    return model.leases.has(this.target);
  }
  async perform(model: Model, { journal }: Real): Promise<void> {
    const { lease } = model.leases.get(this.target) ?? assert.fail('no lease');
    const outcome = this.state === 'ended' ? 'skipped' : null;
    assert.equal(await journal.release(lease, { state: this.state, outcome }), true);
    const reconcile = model.reconciles.find(({ id }) => id === lease.reconcile.id);
    if (reconcile) Object.assign(reconcile, { state: this.state, outcome });
    model.leases.delete(this.target);
    model.stale.push(lease);
  }
}

export class ReleaseStale extends Step {
  readonly choice: number;
  constructor(choice: number) {
    super();
    this.choice = choice;
  }
  override check(model: Readonly<Model>): boolean {
    return model.stale.length > 0;
  }
  async perform(model: Model, { journal }: Real): Promise<void> {
    const lease: Lease = model.pick(model.stale, this.choice) ?? assert.fail('no stale lease');
    assert.equal(await journal.release(lease, { state: 'ended', outcome: 'failed' }), false);
    model.seen.add('fenced off');
  }
}

export class Observe extends Step {
  readonly choice: number;
  readonly outcome: 'applied' | 'failed';
  constructor(choice: number, outcome: 'applied' | 'failed') {
    super();
    this.choice = choice;
    this.outcome = outcome;
  }
  override check(model: Readonly<Model>): boolean {
    return model.reconciles.some(({ state }) => state !== 'queued');
  }
  async perform(model: Model, { journal }: Real): Promise<void> {
    const started = model.reconciles.filter(({ state }) => state !== 'queued');
    const one = model.pick(started, this.choice) ?? assert.fail('nothing started');
    const lives = one.state === 'observing';
    assert.equal(await journal.observe(one.id, { state: 'ended', outcome: this.outcome }), lives);
    if (lives) Object.assign(one, { state: 'ended', outcome: this.outcome });
  }
}

export class Elapse extends Step {
  readonly ms: number;
  readonly jump: number;
  constructor(ms: number, jump: number) {
    super();
    this.ms = ms;
    this.jump = jump;
  }
  async perform(_model: Model, world: Real): Promise<void> {
    world.jump(this.jump);
    await world.elapse(this.ms);
  }
}

/** Prunes what was received with or before delivery n: `receivedAt` is 1000 + n. */
export class Prune extends Step {
  readonly bodies: number;
  readonly records: number;
  constructor(bodies: number, records: number) {
    super();
    this.bodies = bodies;
    this.records = records;
  }
  async perform(model: Model, { journal }: Real): Promise<void> {
    const removed = { bodies: 0, records: 0 };
    for (const [n, known] of model.deliveries) {
      if (model.unfinished(n)) continue;
      if (n < this.bodies && known.body) {
        removed.bodies++;
        known.body = false;
      }
      if (n < this.records) {
        removed.records++;
        model.deliveries.delete(n);
        model.reconciles = model.reconciles.filter((one) => one.n !== n);
      }
    }
    assert.deepEqual(await journal.prune({ bodies: 1_000 + this.bodies, records: 1_000 + this.records }), removed);
    if (removed.records > 0) model.seen.add('pruned');
  }
}

/**
 * A crash (the copy that a power cut would leave) or an orderly end, and a new start. Leases end with it; those of a process that crashed stay where it
 * was not alone, and so does what it was offered.
 */
export class Restart extends Step {
  readonly crash: boolean;
  constructor(crash: boolean) {
    super();
    this.crash = crash;
  }
  async perform(model: Model, world: Real): Promise<void> {
    await (this.crash ? world.crash() : world.reopen());
    if (this.crash && world.shared) {
      model.offeredUntil = world.clock.monotonic() + Math.max(limits.postgres.offer, world.leaseMs);
      model.orphanLeases();
    } else model.endLeases();
    model.seen.add(this.crash ? 'crash' : 'restart');
  }
}
