import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../conformance/cluster/eventually.ts';
import { mountPrefix } from './cluster/tools.ts';
import { sendPush, type Receipt } from './headgate/forge.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { startHeadgate, type Headgate, type HeadgateOptions } from './headgate/serve.ts';
import { finishedTrace, tamper, type SystemCall } from './headgate/system-calls.ts';

const alone: HeadgateOptions = { clusters: [], sourceUrl: 'https://git.example.com' };

function push(headgate: Headgate): Promise<Receipt> {
  return sendPush(headgate, { repository: 'org/app', after: 'a'.repeat(40), deliveryId: randomUUID() });
}

function pushes(headgate: Headgate, count: number): Promise<Receipt[]> {
  return Promise.all(Array.from({ length: count }, () => push(headgate)));
}

describe('a delivery is on stable storage before it is answered 202:', function () {
  this.timeout(240_000);
  let headgate: Headgate;
  afterEach(async function () {
    await headgate?.stop(hasFailed(this));
  });

  it('the write is followed by a completed fsync, and that by the answer, each time', async () => {
    const watched = 'fsync,fdatasync,pwrite64,read,write,writev,sendto,sendmsg';
    headgate = await startHeadgate({
      ...alone,
      wrap: (directory) => ['strace', '-D', '-f', '-y', '-e', `trace=${watched}`, '-o', join(directory, 'trace')],
    });
    for (let i = 0; i < 20; i++) {
      assert.equal((await push(headgate)).status, 202);
      // What is written later about this delivery must not be taken for the next one.
      await eventually(async () => assert.deepEqual(await headgate.api.deliveries({ state: 'pending' }), []));
    }
    assert.equal(await headgate.terminate(), 0);
    const calls = await finishedTrace(join(headgate.directory, 'trace'));
    const answers = calls.filter((call) => call.arguments.includes('HTTP/1.1 202'));
    assert.equal(answers.length, 20);
    for (const answer of answers) assertDurable(calls, answer);
  });

  it('while fsync fails, deliveries are refused with 503 and are not there; afterwards it goes on by itself', async () => {
    headgate = await startHeadgate(alone);
    assert.equal((await push(headgate)).status, 202);
    const refused: Receipt[] = [];
    await tamper(headgate.pid, 'fsync,fdatasync:error=EIO', async () => {
      for (let i = 0; i < 5; i++) refused.push(await push(headgate));
      assert.equal((await fetch(`${headgate.health}/readyz`)).status, 503);
    });
    assert.deepEqual([...new Set(refused.map(({ status, body }) => `${status} ${body.code}`))], ['503 JOURNAL_UNAVAILABLE']);
    await eventually(async () => assert.equal((await push(headgate)).status, 202));
    await eventually(async () => assert.equal((await fetch(`${headgate.health}/readyz`)).status, 200));
    for (const { deliveryId } of refused) assert.deepEqual(await headgate.api.deliveries({ deliveryId }), []);
  });

  it('a slow disk delays each answer by its fsync, and deliveries that come together share one', async () => {
    headgate = await startHeadgate(alone);
    await tamper(headgate.pid, 'fsync,fdatasync:delay_exit=200000', async () => {
      const begun = performance.now();
      assert.equal((await push(headgate)).status, 202);
      assert.ok(performance.now() - begun >= 200, 'answered before the fsync had returned');
      await eventually(async () => assert.deepEqual(await headgate.api.deliveries({ state: 'pending' }), []));
      const together = performance.now();
      assert.ok((await pushes(headgate, 40)).every(({ status }) => status === 202));
      const took = performance.now() - together;
      assert.ok(took < 2_000, `40 deliveries took ${took.toFixed(0)} ms: one fsync each would be 8 s`);
    });
  });

  it('a full disk refuses deliveries with 503 and loses none; with space again it goes on by itself', async () => {
    const [command = 'unshare', ...flags] = mountPrefix() ?? [];
    const script = 'mount -t tmpfs -o size=16m tmpfs "$0" && exec "$@"';
    headgate = await startHeadgate({
      ...alone,
      ownMounts: true,
      wrap: (directory) => [command, ...flags, 'sh', '-c', script, join(directory, 'data')],
    });
    const before = await pushes(headgate, 20);
    const ballast = `/proc/${headgate.pid}/root${join(headgate.directory, 'data', 'ballast')}`;
    fill(ballast);
    const during: Receipt[] = [];
    await eventually(async () => {
      const receipt = await push(headgate);
      during.push(receipt);
      assert.equal(receipt.status, 503);
    });
    for (let i = 0; i < 10; i++) during.push(await push(headgate));
    assert.equal((await fetch(`${headgate.health}/readyz`)).status, 503);
    assert.ok(headgate.alive);
    rmSync(ballast);
    await eventually(async () => assert.equal((await fetch(`${headgate.health}/readyz`)).status, 200));
    const after = await pushes(headgate, 20);
    assert.ok([...before, ...after].every(({ status }) => status === 202));
    await assertKept(headgate, [...before, ...during, ...after]);
  });
});

/** What was answered 202 is there, and what was refused is not. */
async function assertKept(headgate: Headgate, receipts: readonly Receipt[]): Promise<void> {
  const accepted = receipts.filter(({ status }) => status === 202).map(({ deliveryId }) => deliveryId);
  const kept = (await headgate.api.deliveries()).map(({ deliveryId }) => deliveryId);
  assert.deepEqual(kept.toSorted(), accepted.toSorted());
}

function assertDurable(calls: readonly SystemCall[], answer: SystemCall): void {
  const before = calls.filter((call) => call.begunAt < answer.begunAt);
  const request = before.findLast(({ name, arguments: text }) => name === 'read' && text.includes('POST /hooks/hub'));
  assert.ok(request, 'the trace shows no request before the answer');
  const since = before.filter((call) => call.begunAt > request.endedAt && call.arguments.includes('headgate.db-wal'));
  const write = since.find(({ name }) => name === 'pwrite64' || name === 'write');
  assert.ok(write, 'nothing was written between request and answer');
  const synced = since.some(
    ({ name, result, begunAt, endedAt }) =>
      (name === 'fdatasync' || name === 'fsync') && result === '0' && begunAt > write.begunAt && endedAt < answer.begunAt,
  );
  assert.ok(synced, 'no fsync completed between the write and the answer');
}

/** Writes until there is no space left. */
function fill(file: string): void {
  for (const block of [1024 * 1024, 64 * 1024, 4 * 1024, 512]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(block), { flag: 'a' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
}
