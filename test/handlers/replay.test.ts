import assert from 'node:assert/strict';
import type { Delivery, Hint, NewDelivery, Reading } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { limits } from '#core/limits.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { Story } from '#core/ports/journal.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { replayDeliveries, type Replayed, type ReplayRequest } from '#handlers/replay.ts';
import { recordingLog, type LogLine } from '../server/fakes.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha } from './samples.ts';

const [a, b, c] = [sha('a'), sha('b'), sha('c')] as [string, string, string];
const page = { limit: 500, cursor: null };

describe('replaying deliveries', () => {
  let flow: Flow;
  let readBack: FakeReadBack | null;
  let accepted: number;
  let announced: string[];
  let lines: LogLine[];
  let read: SourceAdapter['read'];
  const clock = new SimulatedClock();

  const open = async (source: FakeReadBack | null = null): Promise<void> => {
    readBack = source;
    flow = await Flow.open(clock, readBack);
    flow.clusters.put(sampleSource({ branch: 'main' }, { artifactRevision: `main@sha1:${a}` }));
    flow.announcer.subscribe(({ kind, id }) => void (kind === 'delivery' && announced.push(id)));
    read = (_event, body) => ({ hint: JSON.parse(Buffer.from(body).toString()) as Hint });
  };
  beforeEach(async () => {
    accepted = 0;
    announced = [];
    lines = [];
    await open();
  });
  afterEach(() => flow.close());

  const replay = (selection: ReplayRequest['selection'], more: Partial<ReplayRequest> = {}): Promise<readonly Replayed[]> => {
    const recording = recordingLog();
    lines = recording.lines;
    const hub = { ...(flow.deps.adapters.get('hub') as SourceAdapter), read: (...asked: Parameters<typeof read>) => read(...asked) };
    const deps = { ...flow.deps, journal: flow.journal, adapters: new Map([['hub', hub]]), log: recording.log };
    return replayDeliveries(
      { ...deps, onAccepted: () => void accepted++ },
      { selection, dryRun: false, key: null, remote: '192.0.2.7', ...more },
    );
  };
  /** Journals a delivery whose body is its hint. @returns its id */
  const deliver = async (hint: Hint, more: Partial<NewDelivery> = {}): Promise<string> => {
    clock.jump(1_000);
    const id = newId('dlv', clock);
    const told = { source: 'hub', kind: 'webhook', event: 'push', remote: '127.0.0.1', headers: { 'content-type': 'x' } } as const;
    const body = Buffer.from(JSON.stringify(hint));
    await flow.journal.append({ id, deliveryId: `guid-${id}`, receivedAt: clock.now(), ...told, body, reading: { hint }, ...more });
    return id;
  };
  const handled = async (hint: Hint, more: Partial<NewDelivery> = {}): Promise<string> => {
    const id = await deliver(hint, more);
    await flow.handle();
    return id;
  };
  const storyOf = async (delivery: string | null | undefined): Promise<Story> => {
    const { items } = await flow.journal.changes({ delivery: delivery ?? '' }, page);
    return (await flow.journal.story(items[0]?.id ?? '')) ?? assert.fail(`nothing came of ${delivery}`);
  };
  const all = async (): Promise<readonly Delivery[]> => (await flow.journal.deliveries({}, page)).items;
  const push = (before: string, after: string, more: Partial<Hint> = {}): Hint => sampleHint({ before, after, commit: after, ...more });

  it('says again whose word it was, which the body does not', async () => {
    const sender = { issuer: 'corp', iss: 'https://login.example.com', sub: 'host/hg' };
    const hint = push(a, b, { actors: [{ role: 'pusher', account: 'alice', name: 'alice', kind: 'unknown' }] });
    const first = await handled(hint, { reading: { hint: { ...hint, sender } } });
    const [item] = await replay({ deliveries: [first] });
    const replayed = (await all()).find(({ id }) => id === item?.replay);
    assert.deepEqual(replayed?.hint?.sender, sender);
    assert.deepEqual(replayed.hint.actors, [{ ...hint.actors[0], assertedBy: 'host/hg (corp)' }]);
  });

  it('enters a new delivery with the body and the headers of the old one, which names it', async () => {
    const first = await handled(push(a, b));
    const [item, ...more] = await replay({ deliveries: [first] });
    assert.deepEqual(more, []);
    const { replay: id, ...rest } = item ?? assert.fail();
    assert.ok(id);
    assert.deepEqual(rest, {
      delivery: first,
      source: 'hub',
      repository: 'org/app',
      ref: 'refs/heads/main',
      known: false,
      ignored: null,
      explanation: null,
      error: null,
    });
    const entered = await flow.journal.delivery(id);
    assert.deepEqual(
      [entered?.kind, entered?.event, entered?.remote, entered?.state, entered?.replayOf, entered?.receivedAt],
      ['replay', 'push', '192.0.2.7', 'pending', first, clock.now()],
    );
    assert.deepEqual(await flow.journal.body(id), await flow.journal.body(first));
    assert.deepEqual([accepted, announced.includes(id)], [1, true]);
    assert.equal((await flow.journal.deliveries({ replayOf: first }, page)).items[0]?.id, id);
    const { fields } = lines.find(({ message }) => message === 'a delivery is replayed') ?? assert.fail();
    assert.deepEqual([fields['delivery'], fields['replayOf'], fields['remote']], [id, first, '192.0.2.7']);
  });

  it('lets the policy of now decide', async () => {
    const policy = flow.policy;
    flow.policy = policy.replace('org/*', 'org/none');
    const first = await handled(push(a, b));
    assert.equal((await storyOf(first)).decisions[0]?.verdict, 'deny');
    flow.policy = policy;
    const [item] = await replay({ deliveries: [first] });
    await flow.handle();
    const { decisions, reconciles, change } = await storyOf(item?.replay);
    assert.deepEqual([decisions[0]?.verdict, reconciles[0]?.revision, change.lateFor], ['allow', b, null]);
    assert.deepEqual(flow.enqueued, ['prod/GitRepository/apps/web']);
  });

  it('reads with the adapter of now what was ignored', async () => {
    const first = await deliver(push(a, b), { reading: { ignored: 'nobody knew what it was' } });
    const [item] = await replay({ deliveries: [first] });
    await flow.handle();
    assert.equal((await storyOf(item?.replay)).decisions[0]?.verdict, 'allow');
  });

  it('enters what is ignored still, and says why nothing will come of it', async () => {
    const first = await deliver(push(a, b), { reading: { ignored: 'ping' } });
    read = (): Reading => ({ ignored: 'ping still' });
    const [item] = await replay({ deliveries: [first] });
    assert.equal(item?.ignored, 'ping still');
    assert.deepEqual((await flow.journal.delivery(item?.replay ?? ''))?.state, 'ignored');
  });

  it('takes a dead delivery through the flow', async () => {
    const first = await deliver(push(a, b));
    await flow.journal.defer(first, 'it threw', null);
    const [item] = await replay({ deliveries: [first] });
    await flow.handle();
    assert.equal((await storyOf(item?.replay)).reconciles[0]?.revision, b);
  });

  describe('never takes a ref back', () => {
    const late = async (id: string): Promise<unknown> => {
      const [item] = await replay({ deliveries: [id] });
      await flow.handle();
      const { candidates, reconciles } = await storyOf(item?.replay);
      return [candidates.map(({ reason }) => reason), reconciles.length];
    };

    it('after a newer push', async () => {
      const first = await handled(push(a, b));
      await handled(push(b, c));
      assert.deepEqual(await late(first), [['late'], 0]);
    });

    it('after the ref has come by the same commit again, where the chain would allow it', async () => {
      const first = await handled(push(a, b));
      await handled(push(b, c));
      await handled(push(c, a));
      assert.deepEqual(await late(first), [['late'], 0]);
    });

    it('after it was deleted', async () => {
      const first = await handled(push(a, b));
      await handled({ ...push(b, b), after: null, commit: null, action: 'deleted' });
      assert.deepEqual(await late(first), [['late'], 0]);
    });

    it('when the replay was followed by news, and is replayed once more', async () => {
      const dead = await deliver(push(a, b));
      await flow.journal.defer(dead, 'it threw', null);
      await replay({ deliveries: [dead] });
      await flow.handle();
      await handled(push(b, c));
      await handled(push(c, a));
      assert.deepEqual(await late(dead), [['late'], 0]);
    });

    it('and asks the source, which knows best', async () => {
      await flow.close();
      const source = new FakeReadBack();
      await open(source);
      source.move('org/app', 'refs/heads/main', [a, b]);
      const first = await handled(push(a, b));
      source.move('org/app', 'refs/heads/main', [a, b, c]);
      const [item] = await replay({ deliveries: [first] });
      await flow.handle();
      assert.deepEqual((await storyOf(item?.replay)).candidates[0]?.reason, 'not-head');
    });

    it('and does not wait for a source to catch up with what it announced long ago', async () => {
      await flow.close();
      const source = new FakeReadBack();
      await open(source);
      source.move('org/app', 'refs/heads/main', [a, b]);
      const first = await handled(push(a, b));
      source.move('org/app', 'refs/heads/main', [a]);
      const [item] = await replay({ deliveries: [first] });
      await flow.handle();
      assert.equal((await storyOf(item?.replay)).change.readBack?.standing, 'off');
    });
  });

  it('brings dead deliveries of one ref in where they belong', async () => {
    const dead = [await deliver(push(a, b)), await deliver(push(b, c))];
    for (const id of dead) await flow.journal.defer(id, 'it threw', null);
    const items = await replay({ deliveries: dead.toReversed() });
    assert.deepEqual(
      items.map(({ delivery }) => delivery),
      dead,
    );
    await flow.handle();
    assert.deepEqual(await Promise.all(items.map(async (item) => (await storyOf(item.replay)).change.lateFor)), [null, null]);
  });

  it('enters a delivery once under one key, and each time without one', async () => {
    const first = await handled(push(a, b));
    const [one] = await replay({ deliveries: [first] }, { key: 'ci-17' });
    const [again] = await replay({ deliveries: [`guid-${first}`] }, { key: 'ci-17' });
    assert.deepEqual([again?.replay, again?.known, accepted], [one?.replay, true, 1]);
    const [other] = await replay({ deliveries: [first] }, { key: 'ci-18' });
    const [keyless] = await replay({ deliveries: [first] });
    const [keylessAgain] = await replay({ deliveries: [first] });
    assert.equal(new Set([one, other, keyless, keylessAgain].map((item) => item?.replay)).size, 4);
    assert.equal((await all()).length, 5);
  });

  it('enters once what is asked for many times at once under one key', async () => {
    const first = await handled(push(a, b));
    const answers = await Promise.all(Array.from({ length: 20 }, () => replay({ deliveries: [first] }, { key: 'k' })));
    assert.equal(new Set(answers.flatMap((items) => items.map((item) => item.replay))).size, 1);
    assert.equal(answers.flat().filter(({ known }) => !known).length, 1);
  });

  it('replays the first delivery when a replay is named', async () => {
    const first = await handled(push(a, b));
    const [one] = await replay({ deliveries: [first] });
    await flow.handle();
    const [two] = await replay({ deliveries: [one?.replay ?? ''] });
    assert.equal(two?.delivery, first);
    assert.equal((await flow.journal.delivery(two?.replay ?? ''))?.replayOf, first);
  });

  it('replays what a look of its own has seen, which no adapter reads', async () => {
    read = () => ({ ignored: 'event head moves no branch or tag' });
    const first = await handled(push(a, b), { kind: 'sweep', event: 'head' });
    const [item] = await replay({ deliveries: [first] });
    assert.deepEqual([item?.ignored, item?.ref], [null, 'refs/heads/main']);
  });

  it('says for each one that cannot be replayed why, and goes on with the others', async () => {
    const old = await deliver(push(a, b), { reading: { ignored: 'ping' } });
    clock.jump(60_000);
    await flow.journal.prune({ bodies: clock.now(), records: 0 });
    const request = await handled(push(a, b, { action: 'requested' }), { kind: 'request', event: 'reconcile' });
    const strange = await handled(push(a, b), { source: 'gone' });
    const broken = await handled(push(a, b), { body: Buffer.from('{') });
    const twice = await deliver(push(a, b), { deliveryId: 'twice' });
    await deliver(push(a, b), { deliveryId: 'twice', source: 'gone' });
    const good = await handled(push(a, b));
    const pending = await deliver(push(b, c));
    read = (_event, body) => {
      if (body.byteLength === 1) throw new HeadgateError('PAYLOAD_INVALID', 'not a push');
      return { hint: push(a, b) };
    };
    const items = await replay({ deliveries: [pending, 'guid-none', 'twice', old, request, strange, broken, good] });
    assert.deepEqual(
      items.map(({ delivery, error, replay: id }) => [delivery, error?.code ?? null, id !== null]),
      [
        [old, 'DELIVERY_BODY_GONE', false],
        [request, 'REPLAY_REFUSED', false],
        [strange, 'SOURCE_UNKNOWN', false],
        [broken, 'PAYLOAD_INVALID', false],
        [good, null, true],
        [pending, 'DELIVERY_PENDING', false],
        ['guid-none', 'NOT_FOUND', false],
        ['twice', 'AMBIGUOUS', false],
      ],
    );
    assert.ok(items.every(({ error }) => error === null || (error.hint.length > 0 && error.detail.length > 0)));
    assert.ok(twice);
  });

  it('says for each one that the journal does not take', async () => {
    const first = await handled(push(a, b));
    const append = (): never => {
      throw new HeadgateError('JOURNAL_UNAVAILABLE', 'the disk is full');
    };
    const deps = { ...flow.deps, journal: Object.assign(Object.create(flow.journal), { append }), onAccepted: () => void accepted++ };
    const [item] = await replayDeliveries(deps, { selection: { deliveries: [first] }, dryRun: false, key: null, remote: '' });
    assert.deepEqual([item?.error?.code, item?.replay, accepted], ['JOURNAL_UNAVAILABLE', null, 0]);
  });

  describe('of a span of time', () => {
    const ids = (items: readonly Replayed[]): readonly string[] => items.map(({ delivery }) => delivery);

    it('takes them oldest first, within its bounds, and by source, repository and state', async () => {
      await handled(push(a, b));
      clock.jump(60_000);
      const since = clock.now();
      const one = await handled(push(a, b));
      const other = await handled(push(a, b, { repository: 'org/other' }));
      const ignored = await deliver(push(a, b), { reading: { ignored: 'ping' } });
      const until = clock.now() + 1;
      await handled(push(a, b));
      const range = { since, until };
      assert.deepEqual(ids(await replay(range, { dryRun: true })), [one, other, ignored]);
      assert.deepEqual(ids(await replay({ ...range, repository: 'org/app' }, { dryRun: true })), [one]);
      assert.deepEqual(ids(await replay({ ...range, state: 'ignored' }, { dryRun: true })), [ignored]);
      assert.deepEqual(ids(await replay({ ...range, source: 'none' }, { dryRun: true })), []);
    });

    it('leaves out requests and replays, so that doing it twice does not double them', async () => {
      const first = await handled(push(a, b));
      await handled(push(a, b, { action: 'requested' }), { kind: 'request', event: 'reconcile' });
      assert.deepEqual(ids(await replay({ since: 0 })), [first]);
      await flow.handle();
      assert.deepEqual(ids(await replay({ since: 0 })), [first]);
    });

    it('refuses more than are replayed at once, enters none, and says how to narrow it', async () => {
      for (let n = 0; n <= limits.replay.deliveries; n++) await deliver(push(a, b), { reading: { ignored: 'ping' } });
      await assert.rejects(replay({ since: 0 }), (error) => {
        assert.ok(error instanceof HeadgateError);
        assert.deepEqual([error.code, /since.*until.*repository/.test(error.hint)], ['REQUEST_INVALID', true]);
        return true;
      });
      assert.equal((await all()).length, limits.replay.deliveries + 1);
    });
  });

  describe('on a dry run', () => {
    it('says what would come of it, by the code of explain, and writes nothing', async () => {
      const policy = flow.policy;
      flow.policy = policy.replace('org/*', 'org/none');
      const first = await handled(push(a, b));
      const before = await all();
      const [denied] = await replay({ deliveries: [first] }, { dryRun: true });
      assert.equal(denied?.explanation?.targets[0]?.decision.verdict, 'deny');
      flow.policy = policy;
      const [item] = await replay({ deliveries: [first] }, { dryRun: true });
      assert.deepEqual(
        [item?.replay, item?.explanation?.reason, item?.explanation?.targets[0]?.moves, item?.explanation?.change?.revision],
        [null, null, true, b],
      );
      assert.deepEqual([await all(), accepted, flow.enqueued], [before, 0, []]);
    });

    it('says that it would be late, ignored or skipped', async () => {
      const first = await handled(push(a, b));
      const second = await handled(push(b, c));
      flow.clusters.put(sampleSource({ branch: 'main' }, { artifactRevision: `main@sha1:${c}` }));
      const [late, current] = await replay({ deliveries: [first, second] }, { dryRun: true });
      assert.deepEqual(
        late?.explanation?.candidates.map(({ reason }) => reason),
        ['late'],
      );
      assert.equal(current?.explanation?.targets[0]?.skipped?.reason, 'current');
      read = () => ({ ignored: 'ping' });
      const [ignored] = await replay({ deliveries: [first] }, { dryRun: true });
      assert.deepEqual([ignored?.ignored, ignored?.explanation?.reason], ['ping', 'it would be ignored: ping']);
    });

    it('does not ask the source, and says so', async () => {
      await flow.close();
      const source = new FakeReadBack();
      await open(source);
      source.move('org/app', 'refs/heads/main', [a, b]);
      const first = await handled(push(a, b));
      const asked = source.asked.length;
      const [item] = await replay({ deliveries: [first] }, { dryRun: true });
      assert.equal(source.asked.length, asked);
      assert.deepEqual([item?.explanation?.change?.confirmed, item?.explanation?.notes.length], [true, 1]);
    });
  });
});
