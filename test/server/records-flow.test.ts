import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { json } from 'node:stream/consumers';
import { openCheckpoint } from '#journal/records/checkpoint.ts';
import { parseVerifierKey } from '#journal/records/signed-note.ts';
import { runHeadgate } from '../cli/run-headgate.ts';
import { configMap, REPOSITORY, startForgeWorld, type ForgeWorld } from './forge-world.ts';

interface Item {
  readonly id: string;
  readonly hash: string;
  readonly record: Readonly<Record<string, unknown>>;
}

const kindsOf = (items: readonly Item[]) =>
  items.map(({ record }) => [record['kind'], record['verdict'] ?? record['outcome']].filter(Boolean).join(' '));

describe('the records of a server', function () {
  this.timeout(60_000);
  let world: ForgeWorld;
  beforeEach(async () => {
    world = await startForgeWorld({ by: 'api' });
  });
  afterEach(() => world.stop());

  const audit = (...args: readonly string[]) =>
    runHeadgate(['audit', ...args], { env: { HEADGATE_CONFIG: join(world.directory, 'headgate.yaml') } });
  const oldestFirst = async (query = ''): Promise<readonly Item[]> =>
    (await world.get<{ items: readonly Item[] }>(`/v1/records${query}`)).items.toReversed();
  const deploy = async (): Promise<string> => {
    const { after } = await world.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('second') } });
    assert.ok(after);
    await world.applied(after);
    await world.storyOf(after, ({ reconciles }) => reconciles.some(({ state }) => state === 'ended'));
    return after;
  };

  it('tell of a push from its decision to its outcome, under the policies that were put on record before', async () => {
    const commit = await deploy();
    const chain = await oldestFirst();
    assert.deepEqual(kindsOf(chain.slice(0, 2)), ['started', 'policies']);
    const ofPush = chain.filter(({ record }) => record['revision'] === commit || record['after'] === commit);
    assert.deepEqual(kindsOf(ofPush), ['decided allow', 'triggered', 'outcome applied']);
    const decided = ofPush[0]?.record ?? {};
    assert.match(String(decided['readBack']), /^sha256:[0-9a-f]{64}$/);
    assert.equal((decided['facts'] as Item['record'])['policySet'], chain[1]?.record['policySet']);
    const found = await oldestFirst(`?decision=${String(decided['decision'])}&kind=decided`);
    assert.deepEqual(found, [ofPush[0]]);
    assert.deepEqual(await world.get(`/v1/records/${found[0]?.id}`), found[0]);
  });

  it('tell that the policies have changed, and nobody knows by whom', async () => {
    const file = join(world.directory, 'policies/apps.yaml');
    writeFileSync(file, `${readFileSync(file, 'utf8').replace('name: apps', 'name: renamed')}`);
    let changes = await oldestFirst('?kind=policies');
    while (changes.length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      changes = await oldestFirst('?kind=policies');
    }
    assert.notEqual(changes[0]?.record['policySet'], changes[1]?.record['policySet']);
    assert.equal(changes[1]?.record['by'], 'unattributed');
  });

  it('can be verified and exported while it runs, and end with a checkpoint when it stops', async () => {
    await deploy();
    const running = await audit('verify');
    assert.equal(running.code, 0, running.stdout + running.stderr);
    await world.server.close();
    const key = (await audit('key')).stdout.trim();
    const files = ['--journal', join(world.directory, 'data/headgate.db'), '--checkpoints', join(world.directory, 'data/checkpoints')];
    const stopped = await audit('verify', ...files, '--key', key);
    assert.equal(stopped.code, 0, stopped.stdout);
    assert.match(stopped.stdout, /checkpoints that agree: 1/);
    const lines = (await audit('export')).stdout.trim().split('\n');
    for (const line of lines) {
      const [, hash, document = ''] = /^\{"hash":"([0-9a-f]{64})","record":(.*)\}$/.exec(line) ?? [];
      assert.equal(createHash('sha256').update(document).digest('hex'), hash);
    }
    assert.match(lines.at(-1) ?? '', /"kind":"stopped"/);
    const csv = (await audit('export', '-o', 'csv', '--since', '1h')).stdout.trim().split('\n');
    assert.equal(csv.length, lines.length + 1);
    assert.ok(csv.some((line) => line.includes(',decided,hub,org/app,refs/heads/main,')));
    assert.deepEqual((await audit('export', '--until', '1h')).stdout, '');
  });

  it('name people by reference, and whom these mean only until it is erased', async () => {
    await deploy();
    const decided = (await oldestFirst('?kind=decided')).at(-1)?.record ?? {};
    const [actor = ''] = (decided['facts'] as { readonly actors: readonly string[] }).actors;
    const [, reference = ''] = /^pusher (person:[0-9a-f]{32})$/.exec(actor) ?? [];
    const [, at, name = ''] =
      (await audit('names')).stdout
        .split('\n')
        .find((line) => line.startsWith(reference))
        ?.split('\t') ?? [];
    assert.match(String(at), /^\d{4}-/);
    assert.ok(name.length > 0 && !JSON.stringify(await oldestFirst()).includes(name));
    const named = async () => [(await audit('export', '--names')).stdout, (await audit('export', '--names', '-o', 'csv')).stdout];
    for (const text of await named()) assert.ok(text.includes(name));
    const server = ['--server', world.server.web.url];
    const token = readFileSync(join(world.directory, 'data/operator.token'), 'utf8').trim();
    const forget = () => runHeadgate(['audit', 'forget', reference, ...server], { env: { HEADGATE_TOKEN: token } });
    assert.equal((await forget()).code, 0);
    assert.equal((await forget()).code, 3);
    for (const text of await named()) assert.ok(!text.includes(name));
    assert.equal((await audit('verify')).code, 0);
    assert.equal((await oldestFirst('?kind=erased'))[0]?.record['person'], reference);
  });

  it('that were cut off after a checkpoint make the verification fail, with the first that is missing', async () => {
    await world.server.close();
    const path = join(world.directory, 'data/headgate.db');
    const db = new DatabaseSync(path);
    db.exec('DROP TRIGGER record_kept; DELETE FROM record WHERE seq > 1');
    db.close();
    const { code, stdout } = await audit('verify');
    assert.equal(code, 9);
    assert.match(stdout, /✗ record 2 is the first bad one \(truncated\): checkpoint 1 saw/);
    const alone = await audit('verify', '--journal', path);
    assert.equal(alone.code, 0);
    assert.match(alone.stdout, /no checkpoints were looked at/);
  });

  it('are refused to a key and a file that do not go together, and to a journal that is not there', async () => {
    const journal = join(world.directory, 'data/headgate.db');
    assert.equal((await audit('verify', '--journal', journal, '--checkpoints', 'x')).code, 2);
    assert.equal((await audit('verify', '--key', 'no+key')).code, 2);
    assert.equal((await audit('verify', '--journal', join(world.directory, 'nothing.db'))).code, 1);
  });
});

describe('the checkpoints of a server with an anchor', function () {
  this.timeout(60_000);

  it('reach it as notes that the printed key verifies, and the last one stands for the whole chain', async () => {
    await using stack = new AsyncDisposableStack();
    const notes: string[] = [];
    const receiver = createServer((request, response) => {
      void json(request).then((body) => {
        notes.push((body as { readonly data: { readonly note: string } }).data.note);
        response.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    stack.defer(() => void receiver.close());
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/checkpoints`;
    const anchors = [{ name: 'vault', webhook: { url, secrets: [{ file: './secret' }] } }];
    const world = await startForgeWorld({ by: 'api', spec: { records: { anchors } } });
    stack.defer(() => world.stop());
    const seq = async () => Number((await world.get<{ items: readonly Item[] }>('/v1/records?limit=1')).items[0]?.id);
    const before = await seq();
    await world.server.close();
    const env = { HEADGATE_CONFIG: join(world.directory, 'headgate.yaml') };
    const verifier = parseVerifierKey((await runHeadgate(['audit', 'key'], { env })).stdout);
    assert.ok(verifier);
    assert.ok((openCheckpoint(notes.at(-1) ?? '', verifier)?.seq ?? 0) > before);
    assert.ok(readFileSync(join(world.directory, 'data/checkpoints'), 'utf8').includes(notes.at(-1) ?? 'nothing came'));
  });
});
