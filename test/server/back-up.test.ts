import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { openSqliteJournal } from '#journal/sqlite/open.ts';
import { startServer } from '#server/main.ts';
import { runHeadgate } from '../cli/run-headgate.ts';
import { configMap, startWorld, type World } from '../cli/world.ts';

const ids = async (journal: {
  deliveries(filter: object, page: { limit: number; cursor: string | null }): Promise<{ items: readonly { deliveryId: string }[] }>;
}) => new Set((await journal.deliveries({}, { limit: 500, cursor: null })).items.map(({ deliveryId }) => deliveryId));

/** Pushes one after another in several lanes until it is told to stop. @returns the sender's ids, each added when it was answered 202 */
function load(world: World) {
  const answered = new Set<string>();
  let going = true;
  const lane = async (name: number): Promise<void> => {
    for (let push = 0; going && answered.size < 300; push += 1) {
      const { guid } = await world.push({ 'deploy/webapp.yaml': configMap(`lane-${name}-${push}`) });
      answered.add(guid);
    }
  };
  const lanes = Promise.all([lane(1), lane(2), lane(3), lane(4)]);
  return {
    answered,
    stop: () => {
      going = false;
      return lanes;
    },
  };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('headgate journal backup', function () {
  this.timeout(120_000);
  let world: World;
  let into: string;
  beforeEach(async () => {
    world = await startWorld();
    into = join(world.directory, 'backup');
  });
  afterEach(() => world.stop());

  const backUp = () => world.headgate(['journal', 'backup', 'backup', '--config', world.configPath]);

  it('holds every delivery that was answered before it began, while more come in', async () => {
    const pushes = load(world);
    await until(() => pushes.answered.size >= 20);
    const before = new Set(pushes.answered);
    const { code, stderr, stdout } = await backUp();
    await pushes.stop();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /✔ backed up, /);
    assert.deepEqual(
      stdout.trim().split('\n'),
      ['headgate.db', 'records.key', 'persons.key'].map((name) => join(into, name)),
    );

    const journal = await openSqliteJournal({ path: join(into, 'headgate.db'), clock: systemClock, log: silentLog });
    await using opened = new AsyncDisposableStack();
    opened.defer(() => journal.close());
    const kept = await ids(journal);
    assert.deepEqual(
      [...before].filter((id) => !kept.has(id)),
      [],
    );
    assert.deepEqual(
      [...kept].filter((id) => !pushes.answered.has(id)),
      [],
    );
  });

  it('is complete without a server too, for its owner alone, and leaves nothing else behind', async () => {
    await world.push({ 'deploy/webapp.yaml': configMap('second') });
    await world.server.close();
    assert.equal((await backUp()).code, 0);
    assert.deepEqual(readdirSync(into).toSorted(), ['checkpoints', 'headgate.db', 'persons.key', 'records.key']);
    assert.equal(statSync(into).mode & 0o777, 0o700);
    for (const name of readdirSync(into)) assert.equal(statSync(join(into, name)).mode & 0o777, 0o600, name);
    const key = (await world.headgate(['audit', 'key', '--config', world.configPath])).stdout.trim();
    const files = ['--journal', join(into, 'headgate.db'), '--checkpoints', join(into, 'checkpoints'), '--key', key];
    const verified = await world.headgate(['audit', 'verify', ...files]);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    assert.deepEqual(
      readdirSync(world.directory).filter((name) => name.startsWith('backup')),
      ['backup'],
    );
  });

  it('takes the place of the data directory: what was under way goes on, and the records verify', async () => {
    const { commit } = await world.push({ 'deploy/webapp.yaml': configMap('second') });
    await until(async () => (await world.headgate(['trace', commit, '-o', 'json'])).stdout.includes('"outcome": "applied"'));
    const pushes = load(world);
    await until(() => pushes.answered.size >= 10);
    const before = new Set(pushes.answered);
    assert.equal((await backUp()).code, 0);
    await pushes.stop();
    await world.server.close();
    rmSync(join(world.directory, 'data'), { recursive: true });
    await rename(into, join(world.directory, 'data'));

    const options = { configPath: world.configPath, env: {}, stderr: { write: () => true }, signal: new AbortController().signal };
    const restored = await startServer(options);
    try {
      const token = readFileSync(join(world.directory, 'data/operator.token'), 'utf8').trim();
      const env = { HEADGATE_SERVER: restored.web.url, HEADGATE_TOKEN: token };
      const list = async (...args: readonly string[]): Promise<readonly { readonly deliveryId: string }[]> =>
        JSON.parse((await runHeadgate(['get', ...args, '-o', 'json'], { env })).stdout).items;
      const known = new Set((await list('deliveries', '--limit', '1000')).map(({ deliveryId }) => deliveryId));
      assert.deepEqual(
        [...before].filter((id) => !known.has(id)),
        [],
      );
      await until(async () => (await list('deliveries', '--state', 'pending')).length === 0);
      await until(async () => (await list('reconciles', '--state', 'queued')).length === 0);
      assert.deepEqual(await list('deliveries', '--state', 'dead'), []);
    } finally {
      await restored.close();
    }
    const verified = await runHeadgate(['audit', 'verify', '--config', world.configPath], { cwd: world.directory });
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  });

  it('overwrites nothing', async () => {
    writeFileSync(into, 'something');
    const { code, stderr } = await backUp();
    assert.equal(code, 2);
    assert.match(stderr, /is there already/);
    assert.equal(readFileSync(into, 'utf8'), 'something');
  });

  it('is refused where there is no journal, and leaves nothing behind', async () => {
    const elsewhere = join(world.directory, 'elsewhere.yaml');
    const text = readFileSync(world.configPath, 'utf8');
    writeFileSync(elsewhere, text.replace('spec:', 'spec:\n  journal: { sqlite: { path: ./nowhere/headgate.db } }'));
    const { code, stderr } = await world.headgate(['journal', 'backup', 'backup', '--config', elsewhere]);
    assert.equal(code, 1);
    assert.match(stderr, /BACKUP_FAILED/);
    assert.deepEqual(
      readdirSync(world.directory).filter((name) => name.startsWith('backup')),
      [],
    );
  });
});
