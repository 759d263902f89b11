import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { HeadgateError } from '#core/errors.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { Missed, MissedQuestion, RecoveredDelivery, SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { recoverMissed, type Recovering } from '#handlers/recover-missed.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha } from './samples.ts';

function record(deliveryId: string, event = 'push'): RecoveredDelivery {
  return { deliveryId, event, headers: { 'x-github-event': event }, body: Buffer.from('{}'), at: 1 };
}

describe('recovering what a source has on its record', () => {
  let flow: Flow;
  let accepted = 0;
  const readBack = new FakeReadBack();
  beforeEach(async () => {
    accepted = 0;
    flow = await Flow.open(undefined, readBack);
    flow.clusters.put(sampleSource({ branch: 'main' }));
    readBack.move('org/app', 'refs/heads/main', [sha('a'), sha('b')]);
  });
  afterEach(() => flow.close());

  const deps = (): Recovering => ({
    clock: flow.clock,
    log: silentLog,
    journal: flow.journal,
    inventory: flow.clusters,
    onAccepted: () => void accepted++,
  });
  const withRecord = (deliveries: readonly RecoveredDelivery[], asked: MissedQuestion[] = []): SourceAdapter => ({
    ...(flow.deps.adapters.get('hub') as SourceAdapter),
    read(event) {
      if (event === 'broken') throw new HeadgateError('PAYLOAD_INVALID', 'not a push');
      return event === 'push' ? { hint: sampleHint() } : { ignored: 'it moves nothing' };
    },
    async missed(question): Promise<Missed> {
      asked.push(question);
      return { deliveries: Readable.from(deliveries), unread: [] };
    },
  });

  it('enters what never came, once, and it deploys', async () => {
    const adapter = withRecord([record('guid-1'), record('guid-2', 'star')]);
    assert.equal(await recoverMissed(deps(), adapter), 2);
    assert.equal(await recoverMissed(deps(), adapter), 0);
    assert.equal(accepted, 1);
    await flow.handle();
    const { items } = await flow.journal.deliveries({}, { limit: 10, cursor: null });
    assert.deepEqual(
      items.map(({ deliveryId, kind, state }) => [deliveryId, kind, state]),
      [
        ['guid-2', 'recovered', 'ignored'],
        ['guid-1', 'recovered', 'done'],
      ],
    );
    assert.deepEqual(flow.enqueued, ['prod/GitRepository/apps/web']);
  });

  it('keeps what it has entered when the source fails in the middle', async () => {
    const adapter = withRecord([]);
    async function* failing(): AsyncGenerator<RecoveredDelivery> {
      yield record('guid-1');
      throw new HeadgateError('SOURCE_LIMITED', 'too often');
    }
    const halfWay = { ...adapter, missed: () => Promise.resolve({ deliveries: failing(), unread: [] }) };
    await assert.rejects(recoverMissed(deps(), halfWay), { code: 'SOURCE_LIMITED' });
    assert.deepEqual([accepted, await recoverMissed(deps(), withRecord([record('guid-1')]))], [1, 0]);
  });

  it('asks about the repositories that clusters follow, and says which deliveries it has', async () => {
    const asked: MissedQuestion[] = [];
    const id = await flow.deliver(sampleHint());
    await recoverMissed(deps(), withRecord([], asked));
    assert.deepEqual(asked[0]?.repositories, ['org/app']);
    assert.deepEqual(await asked[0]?.known([id, 'guid-9']), new Set([id]));
  });

  it('goes on after one that cannot be read, and asks nothing of a source that keeps no record', async () => {
    assert.equal(await recoverMissed(deps(), withRecord([record('guid-1', 'broken'), record('guid-2')])), 1);
    assert.equal(await recoverMissed(deps(), flow.deps.adapters.get('hub') as SourceAdapter), 0);
  });
});
