import assert from 'node:assert/strict';
import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { NewDelivery } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { PolicyOrigin } from '#core/policy-origin.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { PolicyCache } from '#core/ports/policy-cache.ts';
import type { ChainRecord, NewRecord } from '#core/ports/records.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import type { RepositoryFile } from '#core/repository-file.ts';
import type { SignatureVerifier } from '#core/signature.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { RepositoryPolicies } from '#handlers/policies/repository-policies.ts';
import { change, sha } from '../conformance/journal/material.ts';

const REF = 'refs/heads/main';
const REPOSITORY = 'org/platform';
const away = new HeadgateError('SOURCE_UNREACHABLE', 'hub is away');

const document = (name: string, spec: object): string =>
  JSON.stringify({ apiVersion: 'headgate.dev/v1alpha1', kind: 'GatePolicy', metadata: { name }, spec });
const own = { source: 'hub', repositories: [REPOSITORY], refs: [REF] };
const policies = document('policies', { targets: [{ policies: true }], changes: [own] });
const apps = (branch: string): string =>
  document('apps', { targets: [{ clusters: ['prod'], namespaces: ['apps'] }], changes: [{ ...own, refs: [`refs/heads/${branch}`] }] });

const unsigned: SignatureVerifier = {
  verify: async () => ({ unsigned: 'nobody signs here' }),
  verifyTag: async () => ({ unsigned: 'nobody signs here' }),
};

/** A forge, a journal and a disk in memory; servers come and go. */
class World {
  readonly clock = new SimulatedClock();
  readonly readBack = new FakeReadBack();
  readonly contents = new Map<string, readonly RepositoryFile[]>();
  readonly records: NewRecord[] = [];
  readonly decisions: Decision[] = [];
  readonly changes: Change[] = [];
  readonly entered: NewDelivery[] = [];
  readonly disk = new Map<string, { files: readonly RepositoryFile[]; at: number }>();
  readonly reloads: boolean[] = [];
  diskFailure: Error | undefined;
  origin: PolicyOrigin = { source: 'hub', repository: REPOSITORY, ref: REF, path: 'policies', pinned: null };
  #history: readonly string[] = [];
  server = this.#open();

  /** Moves the ref to a revision with these documents. */
  push(n: number, texts: Readonly<Record<string, string>>, onto: readonly string[] = this.#history): void {
    this.#history = [...onto, sha(n)];
    this.readBack.move(REPOSITORY, REF, this.#history);
    this.contents.set(
      sha(n),
      Object.entries(texts).map(([name, text]) => ({ path: `policies/${name}`, text })),
    );
  }

  async start(): Promise<void> {
    this.server.start({ signatures: unsigned, onAccepted: () => {} });
    await this.clock.advance(0);
  }

  /** As after a crash, or a stop. */
  async restart(): Promise<void> {
    const stopped = this.server.stop();
    await this.clock.advance(60_000);
    await stopped;
    this.server = this.#open();
    await this.start();
  }

  /** Takes the revision that the ref leads to through the flow, up to the journal. */
  async decide(n: number): Promise<Decision | undefined> {
    const readBack = { by: 'api', at: 0, head: sha(n), standing: 'head', range: null } as const;
    const moved = change(n, { repository: REPOSITORY, confirmed: true, readBack, at: this.clock.now(), receivedAt: this.clock.now() });
    const proposal = await this.server.propose(moved);
    const decision = proposal && this.server.decide(moved, proposal);
    this.changes.unshift(moved);
    if (decision) this.decisions.unshift(decision);
    return decision;
  }

  async pass(n: number): Promise<Decision | undefined> {
    const decision = await this.decide(n);
    const [moved] = this.changes;
    if (decision && moved) await this.server.settled(moved, decision);
    return decision;
  }

  inForce(): string | null | undefined {
    return this.server.current()?.revision;
  }

  last(): NewRecord['content'] {
    return this.records.at(-1)?.content ?? {};
  }

  #open(): RepositoryPolicies {
    const cache: PolicyCache = {
      read: async (digest) => this.disk.get(digest)?.files,
      write: async (digest, files) => {
        if (this.diskFailure) throw this.diskFailure;
        this.disk.set(digest, { files, at: this.clock.now() });
      },
      keep: async (digest) => {
        for (const other of this.disk.keys()) if (other !== digest) this.disk.delete(other);
      },
      heard: async (digest, at) => {
        const kept = this.disk.get(digest);
        if (kept) kept.at = at;
      },
      heardAt: async (digest) => this.disk.get(digest)?.at,
    };
    const page = <T>(items: readonly T[]) => ({ items, next: null });
    const asRecord = (note: NewRecord): ChainRecord => ({
      id: '1',
      hash: '',
      record: { seq: 1, previous: '', ...note.content, at: note.at, kind: note.kind },
    });
    return new RepositoryPolicies({
      clock: this.clock,
      log: silentLog,
      origin: this.origin,
      readBack: this.readBack,
      content: {
        read: async (_repository, commit) => {
          if (this.readBack.failure) throw this.readBack.failure;
          return this.contents.get(commit) ?? null;
        },
      },
      cache,
      records: {
        note: async (note) => void this.records.push(note),
        records: async () => page(this.records.slice(-1).map(asRecord)),
      },
      journal: {
        changes: async () => page(this.changes),
        change: async (id) => this.changes.find((one) => one.id === id),
        decisions: async () => page(this.decisions.slice(0, 1)),
        append: async (delivery) => {
          const known = this.entered.some(({ deliveryId }) => deliveryId === delivery.deliveryId);
          if (!known) this.entered.push(delivery);
          return { id: delivery.id, known };
        },
      },
      caseSensitive: true,
      votes: false,
      interval: 60_000,
      completed: () => undefined,
      onReload: (ok) => void this.reloads.push(ok),
    });
  }
}

describe('policies of a repository', () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    world.push(1, { 'apps.yaml': apps('main'), 'policies.yaml': policies });
  });
  afterEach(async () => {
    const stopped = world.server.stop();
    await world.clock.advance(60_000);
    await stopped;
  });

  it('are there as soon as the forge answers for the first time', async () => {
    world.readBack.failure = away;
    await world.start();
    let ready = false;
    void world.server.ready.then(() => (ready = true));
    await world.clock.advance(60_000);
    assert.deepEqual([ready, world.inForce(), world.records.length], [false, undefined, 0]);
    assert.match(world.server.status().problem ?? '', /hub is away/);
    world.readBack.failure = undefined;
    await world.clock.advance(limits.policies.retry);
    assert.deepEqual([ready, world.inForce()], [true, sha(1)]);
  });

  it('begin with the revision that the config names; what came after it is decided', async () => {
    world.push(2, { 'apps.yaml': apps('dev'), 'policies.yaml': policies });
    world.origin = { ...world.origin, pinned: sha(1) };
    await world.restart();
    assert.equal(world.inForce(), sha(1));
    assert.deepEqual(
      world.entered.map(({ reading }) => 'hint' in reading && reading.hint.commit),
      [sha(2)],
    );
    assert.equal((await world.pass(2))?.verdict, 'allow');
    assert.equal(world.inForce(), sha(2));
  });

  it('go back to a revision that the config names later, and stay there', async () => {
    await world.start();
    world.push(2, { 'apps.yaml': apps('dev') });
    await world.pass(2);
    assert.equal(world.inForce(), sha(2));
    world.origin = { ...world.origin, pinned: sha(1) };
    await world.restart();
    await world.clock.advance(600_000);
    assert.equal(world.inForce(), sha(1));
    assert.equal((world.last()['taken'] as { by: string }).by, 'config');
    await world.restart();
    assert.equal(world.inForce(), sha(1));
  });

  it('are not taken over from another place that the config named before', async () => {
    await world.start();
    world.origin = { ...world.origin, path: 'elsewhere' };
    world.readBack.failure = away;
    await world.restart();
    assert.equal(world.inForce(), undefined);
  });

  it('that were allowed before a crash are in force after it', async () => {
    await world.start();
    world.push(2, { 'apps.yaml': apps('dev'), 'policies.yaml': policies });
    assert.equal((await world.decide(2))?.verdict, 'allow');
    assert.equal(world.inForce(), sha(1));
    await world.restart();
    assert.equal(world.inForce(), sha(2));
    const { decision } = world.last()['taken'] as { decision: string };
    assert.equal(decision, world.decisions[0]?.id);
  });

  it('that were allowed before a crash wait for the forge, under those from before', async () => {
    await world.start();
    world.push(2, { 'apps.yaml': apps('dev'), 'policies.yaml': policies });
    await world.decide(2);
    world.readBack.failure = away;
    await world.restart();
    assert.equal(world.inForce(), sha(1));
    world.readBack.failure = undefined;
    await world.clock.advance(60_000);
    assert.equal(world.inForce(), sha(2));
  });

  it('that cannot be kept here are not in force, and are once they can', async () => {
    await world.start();
    world.push(2, { 'apps.yaml': apps('dev'), 'policies.yaml': policies });
    world.diskFailure = new Error('the disk is full');
    await world.pass(2);
    assert.deepEqual([world.inForce(), world.records.length], [sha(1), 1]);
    world.diskFailure = undefined;
    await world.clock.advance(60_000);
    assert.equal(world.inForce(), sha(2));
  });

  it('are replaced by the decision of those in force alone: of two that were allowed by the same ones, one counts', async () => {
    await world.start();
    world.push(2, { 'apps.yaml': apps('dev') });
    const second = await world.decide(2);
    const [ofSecond] = world.changes;
    world.push(3, { 'apps.yaml': apps('next'), 'policies.yaml': policies });
    const third = await world.decide(3);
    const [ofThird] = world.changes;
    assert.ok(second && third && ofSecond && ofThird);
    await Promise.all([world.server.settled(ofSecond, second), world.server.settled(ofThird, third)]);
    assert.equal(world.inForce(), sha(2));
    assert.equal((await world.pass(3))?.verdict, 'deny');
  });

  it('are not what was decided when the commit holds something else', async () => {
    await world.start();
    world.push(2, { 'apps.yaml': apps('dev'), 'policies.yaml': policies });
    await world.decide(2);
    world.contents.set(sha(2), [{ path: 'policies/all.yaml', text: apps('**') }]);
    await world.restart();
    assert.equal(world.inForce(), sha(1));
  });

  it('have no age limit while the forge says where their ref is', async () => {
    await world.start();
    await world.clock.advance(3 * limits.config.policyMaxAge);
    assert.equal(world.inForce(), sha(1));
    const each = world.records.filter(({ kind }) => kind === 'policies').length;
    assert.ok(each >= 3, `put on record every day: ${each}`);
  });

  it('allow nothing when the forge was not heard for longer than the age limit, also over a restart, until it is', async () => {
    await world.start();
    world.readBack.failure = away;
    await world.clock.advance(limits.config.policyMaxAge / 2);
    await world.restart();
    assert.equal(world.inForce(), sha(1));
    await world.clock.advance(limits.config.policyMaxAge / 2 + 120_000);
    assert.equal(world.inForce(), undefined);
    assert.match(String(world.last()['unavailable']), /hub is away/);
    world.readBack.failure = undefined;
    await world.clock.advance(60_000);
    assert.deepEqual([world.inForce(), world.last()['unavailable']], [sha(1), null]);
  });

  it('allow nothing when their ref is gone for longer than the age limit', async () => {
    await world.start();
    world.readBack.move(REPOSITORY, REF, []);
    await world.clock.advance(limits.config.policyMaxAge + 120_000);
    assert.equal(world.inForce(), undefined);
    assert.match(world.server.status().problem ?? '', /has no refs\/heads\/main/);
  });

  it('stand in for documents that are not valid as long as the age limit, and still say who may mend them', async () => {
    await world.start();
    world.push(2, { 'apps.yaml': 'kind: Nonsense', 'policies.yaml': policies });
    const invalid = await world.pass(2);
    assert.deepEqual([invalid?.verdict, invalid?.reasons[0]?.code, world.reloads.at(-1)], ['deny', 'policies-invalid', false]);
    await world.clock.advance(limits.config.policyMaxAge / 2);
    await world.restart();
    assert.match(world.server.status().problem ?? '', /Nonsense/);
    await world.clock.advance(limits.config.policyMaxAge / 2 + 120_000);
    assert.equal(world.inForce(), undefined);
    world.push(3, { 'apps.yaml': apps('dev'), 'policies.yaml': policies });
    assert.equal((await world.pass(3))?.verdict, 'allow');
    assert.equal(world.inForce(), sha(3));
  });

  it('have no age limit because of what they have denied', async () => {
    await world.start();
    world.push(2, { 'policies.yaml': policies }, []);
    assert.equal((await world.pass(2))?.reasons[0]?.code, 'policies-diverged');
    await world.clock.advance(3 * limits.config.policyMaxAge);
    assert.equal(world.inForce(), sha(1));
  });

  it('are well again when the documents are taken back to those in force', async () => {
    await world.start();
    world.push(2, { 'apps.yaml': 'kind: Nonsense' });
    await world.pass(2);
    world.push(3, { 'apps.yaml': apps('main'), 'policies.yaml': policies });
    assert.equal(await world.pass(3), undefined);
    assert.equal(world.server.status().problem, null);
    await world.restart();
    await world.clock.advance(2 * limits.config.policyMaxAge);
    assert.equal(world.inForce(), sha(1));
  });

  it('are not changed by a request, by what is not confirmed, by other refs, or by late news', async () => {
    await world.start();
    world.push(2, { 'apps.yaml': apps('dev') });
    const readBack = { by: 'api', at: 0, head: sha(2), standing: 'head', range: null } as const;
    const moved = change(2, { repository: REPOSITORY, confirmed: true, readBack });
    assert.ok(await world.server.propose(moved));
    for (const other of [
      { action: 'requested' },
      { confirmed: false },
      { ref: 'refs/heads/dev' },
      { repository: 'org/other' },
      { source: 'other' },
      { lateFor: 'chg_9' },
      { readBack: { ...readBack, standing: 'behind' } },
      { action: 'deleted', revision: null },
    ] as const)
      assert.equal(await world.server.propose({ ...moved, ...other }), undefined, JSON.stringify(other));
  });

  it('leave a change pending that the forge cannot be asked about', async () => {
    await world.start();
    world.push(2, { 'apps.yaml': apps('dev') });
    world.readBack.failure = away;
    await assert.rejects(world.decide(2), { code: 'SOURCE_UNREACHABLE' });
  });
});
