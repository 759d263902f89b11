import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Log } from '#core/ports/telemetry.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { limits } from '#core/limits.ts';
import { delivery, done } from '../conformance/journal/material.ts';
import { SqliteWorld } from './sqlite-world.ts';

const always = Number.MAX_SAFE_INTEGER;
const reading = { ignored: 'ping' } as const;

function listen(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const log = { ...silentLog, error: (line: string) => lines.push(`error ${line}`), info: (line: string) => lines.push(`info ${line}`) };
  return { log, lines };
}

/** Appends ignored deliveries of 64 KB noise until one is refused, and answers how many were taken. */
async function fill({ journal }: SqliteWorld): Promise<number> {
  for (let n = 1; ; n++) {
    try {
      await journal.append(delivery(n, { reading, body: randomBytes(64_000) }));
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'JOURNAL_UNAVAILABLE');
      return n - 1;
    }
  }
}

describe('an SQLite journal whose file cannot grow', () => {
  let world: SqliteWorld;
  let heard: ReturnType<typeof listen>;
  beforeEach(async () => {
    heard = listen();
    world = await SqliteWorld.open({ maxBytes: 2 * 1024 * 1024, log: heard.log });
  });
  afterEach(() => world.destroy());

  it('refuses deliveries, keeps those that it accepted, and takes new ones by itself when there is room again', async () => {
    const accepted = await fill(world);
    assert.ok(accepted > 10);
    assert.equal((await world.journal.counts()).deliveries.ignored, accepted);
    assert.equal(await world.journal.delivery(`dlv_${accepted + 1}`), undefined);
    assert.deepEqual(await world.journal.prune({ bodies: always, records: always }), { bodies: accepted, records: accepted });
    assert.deepEqual(await world.journal.append(delivery(1, { body: randomBytes(64_000) })), { id: 'dlv_1', known: false });
  });

  it('says that it cannot be written until a probe of the disk succeeds', async () => {
    await fill(world);
    assert.deepEqual(await Promise.all([world.journal.writable(), world.journal.writable()]), [false, false]);
    await world.journal.prune({ bodies: always, records: always });
    assert.equal(await world.journal.writable(), true);
  });

  it('says so once when it fails and once when it works again', async () => {
    await fill(world);
    await assert.rejects(world.journal.append(delivery(9_999, { body: randomBytes(64_000) })));
    await world.journal.prune({ bodies: always, records: always });
    await world.journal.writable();
    assert.deepEqual(heard.lines, [
      'error the journal takes no deliveries; senders are answered 503 until it does',
      'info the journal takes deliveries again',
    ]);
  });

  it('undoes the whole batch: what shares it with the delivery that does not fit is not there either', async () => {
    await fill(world);
    const batch = [delivery(5_001, { reading }), delivery(5_002, { body: randomBytes(1_000_000) }), delivery(5_003, { reading })];
    const results = await Promise.allSettled(batch.map((one) => world.journal.append(one)));
    for (const [index, { status }] of results.entries()) {
      const there = (await world.journal.delivery(batch[index]?.id ?? '')) !== undefined;
      assert.equal(there, status === 'fulfilled');
    }
    assert.equal(results[1]?.status, 'rejected');
  });

  it('refuses other writes as a whole, too', async () => {
    for (let n = 10_000; n < 10_200; n++) await world.journal.append(delivery(n));
    await fill(world);
    const targets = Array.from({ length: 200 }, (_, n) => `t${n}`);
    const settlements = Array.from({ length: 200 }, (_, n) => done(10_000 + n, targets));
    await assert.rejects(world.journal.settle(settlements), { code: 'JOURNAL_UNAVAILABLE' });
    const { deliveries, queued } = await world.journal.counts();
    assert.deepEqual([deliveries.pending, queued], [200, 0]);
  });
});

describe('the bound on deliveries that wait for the disk', () => {
  it('refuses what goes past it and takes it when the wait is over', async () => {
    const world = await SqliteWorld.open();
    try {
      const size = 3 * 1024 * 1024;
      const fit = Math.floor(limits.http.appendBacklogBytes / size);
      const body = new Uint8Array(size);
      const results = await Promise.allSettled(Array.from({ length: fit + 3 }, (_, n) => world.journal.append(delivery(n, { body }))));
      const refused = results.filter(({ status }) => status === 'rejected');
      assert.equal(refused.length, 3);
      assert.equal((await world.journal.append(delivery(fit + 1, { body }))).known, false);
    } finally {
      await world.destroy();
    }
  });
});
