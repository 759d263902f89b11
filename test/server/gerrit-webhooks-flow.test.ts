import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import type { Delivery } from '#core/delivery.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeGerrit, type FakeGerrit } from '#sandbox/gerrit/fake-gerrit.ts';
import { startServer, type RunningServer } from '#server/main.ts';
import { runHeadgate, type Ran } from '../cli/run-headgate.ts';

const PROJECT = 'demo/app';
const SECRET = 'the/secret of the plugin';
const TOKEN = 'the-token-of-the-installer';

/** A whole server, and a Gerrit whose webhooks plugin keeps to its own table of retries, only faster. */
class World {
  readonly directory = mkdtempSync(join(tmpdir(), 'headgate-plugin-'));
  readonly lines: string[] = [];
  #gerrit: FakeGerrit | undefined;
  #server: RunningServer | undefined;

  get gerrit(): FakeGerrit {
    return this.#gerrit ?? assert.fail('not started');
  }

  get server(): RunningServer {
    return this.#server ?? assert.fail('not started');
  }

  async start(): Promise<void> {
    this.#gerrit = await startFakeGerrit({ clock: systemClock, log: silentLog, directory: join(this.directory, 'gerrit') });
    this.gerrit.createAccount({ username: 'installer', password: TOKEN, groups: ['Administrators'] });
    await this.gerrit.createProject({ name: PROJECT, files: { 'app.yaml': 'first\n' } });
    const rules = { [this.gerrit.group('Administrators').uuid]: {} };
    await this.gerrit.setAccess(PROJECT, { 'refs/meta/config': { permissions: { read: { rules }, push: { rules } } } });
    mkdirSync(join(this.directory, 'policies'));
    for (const [name, text] of Object.entries({
      secret: SECRET,
      token: TOKEN,
      'headgate.yaml': this.#config(),
      'policies/apps.yaml': policy,
    }))
      writeFileSync(join(this.directory, name), text, { mode: 0o600 });
    const write = (line: string): boolean => this.lines.push(line) > 0;
    const configPath = join(this.directory, 'headgate.yaml');
    this.#server = await startServer({ configPath, env: {}, stderr: { write }, signal: new AbortController().signal });
  }

  #config(): string {
    const any = '"127.0.0.1:0"';
    return `apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  listen: { webhook: ${any}, web: ${any}, metrics: ${any}, health: ${any} }
  sources: [ { name: review, type: gerrit, url: "${this.gerrit.http.url}", webhook: { secrets: [ { file: ./secret } ] } } ]
  policies: { path: ./policies }
`;
  }

  install(...args: readonly string[]): Promise<Ran> {
    const account = ['--user', 'installer', '--token-file', 'token', '--project', PROJECT, '--url', this.server.webhook.url];
    return runHeadgate(['gerrit', 'install-webhook', ...account, ...args], { cwd: this.directory });
  }

  /** As installed, with less patience. */
  hurry(change: object = {}): void {
    const remote = this.gerrit.webhooks.remotes(PROJECT).get('headgate') ?? assert.fail('no remote is installed');
    this.gerrit.webhooks.put(PROJECT, 'headgate', { ...remote, retry_interval: 20, ...change });
  }

  /** Runs something while nothing can be written into the journal, until so many deliveries were refused. */
  async withoutJournal(refusals: number, run: () => Promise<void>): Promise<void> {
    const db = new DatabaseSync(join(this.directory, 'data/headgate.db'), { timeout: 5_000 });
    try {
      db.exec("CREATE TRIGGER full BEFORE INSERT ON delivery BEGIN SELECT RAISE(ABORT, 'no space left'); END");
      await run();
      while (this.statuses().filter((status) => status === 503).length < refusals) await shortly();
      db.exec('DROP TRIGGER full');
    } finally {
      db.close();
    }
  }

  /** What was answered, once it is so many: a delivery is seen in the journal before its answer has come. */
  async answered(count: number): Promise<readonly (number | undefined)[]> {
    while (this.statuses().length < count) await shortly();
    return this.statuses();
  }

  statuses(): readonly (number | undefined)[] {
    return this.gerrit.webhooks.posts.map(({ status }) => status);
  }

  /** Once there are so many. */
  async deliveries(count: number): Promise<readonly Delivery[]> {
    const token = readFileSync(join(this.directory, 'data/operator.token'), 'utf8').trim();
    for (;;) {
      const answer = await fetch(`${this.server.web.url}/v1/deliveries?limit=200`, { headers: { authorization: `Bearer ${token}` } });
      const { items } = (await answer.json()) as { readonly items: readonly Delivery[] };
      if (items.length >= count && items.every(({ state }) => state !== 'pending')) return items;
      await shortly();
    }
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    await this.#gerrit?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const policy = `apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [ { clusters: [ prod ], namespaces: [ apps ] } ]
  changes: [ { source: review, repositories: [ demo/app ], refs: [ refs/heads/main ], confirmed: false } ]
`;

function shortly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

function sorted(values: readonly unknown[]): readonly string[] {
  return values.map(String).toSorted((a, b) => (a < b ? -1 : 1));
}

describe("Gerrit's webhooks plugin and a whole server", function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = new World();
    await world.start();
  });
  afterEach(() => world.stop());

  const pushes = async (from: number, count: number): Promise<readonly string[]> => {
    const heads: string[] = [];
    for (let n = from; n < from + count; n++) heads.push(await world.gerrit.push({ project: PROJECT, files: { 'app.yaml': `${n}\n` } }));
    return heads;
  };
  const revisions = (deliveries: readonly Delivery[]): readonly string[] => sorted(deliveries.map(({ hint }) => hint?.after));

  it('lose no event while the journal cannot be written, and take none twice', async () => {
    const installed = await world.install();
    assert.equal(installed.code, 0, installed.stderr);
    world.hurry({ max_tries: 1_000 }); // however long a slow machine takes to push
    const heads = [...(await pushes(0, 2))];
    await world.withoutJournal(12, async () => void heads.push(...(await pushes(2, 6))));
    heads.push(...(await pushes(8, 2)));

    const deliveries = await world.deliveries(heads.length);

    assert.deepEqual(revisions(deliveries), sorted(heads));
    assert.deepEqual(new Set(world.statuses()), new Set([202, 503]));
    assert.ok(deliveries.every(({ event, kind }) => event === 'ref-updated' && kind === 'webhook'));
    assert.ok(!world.lines.some((line) => line.includes('secret of the plugin') || line.includes(encodeURIComponent(SECRET))));
  });

  it('agree on a password, which the plugin shows only when it is asked', async () => {
    assert.equal((await world.install('--secret', 'password')).code, 0);
    world.hurry();
    const heads = await pushes(0, 3);

    assert.deepEqual(revisions(await world.deliveries(heads.length)), sorted(heads));
    assert.deepEqual(sorted(await world.answered(6)), ['202', '202', '202', '401', '401', '401']);
  });

  it('tell a submit by the branch and by the change, and nothing else of it', async () => {
    assert.equal((await world.install()).code, 0);
    world.hurry({ events: [] });
    const before = world.gerrit.events.length;
    const change = await world.gerrit.createChange({ project: PROJECT, by: 'admin', files: { 'app.yaml': 'next\n' }, subject: 'Next' });
    await world.gerrit.vote(change, { by: 'installer', value: 2 });
    await world.gerrit.submit(change);

    await world.deliveries(2);
    await world.answered(world.gerrit.events.length - before);
    await shortly();
    const deliveries = await world.deliveries(2);

    assert.deepEqual(sorted(deliveries.map(({ event }) => event)), ['change-merged', 'ref-updated']);
    assert.equal(new Set(revisions(deliveries)).size, 1);
    assert.ok(world.statuses().length > 4 && world.statuses().every((status) => status === 202 || status === 200));
  });

  it('give up on a wrong secret after the tries of the remote, and no sooner or later', async () => {
    assert.equal((await world.install()).code, 0);
    world.hurry({ url: `${world.server.webhook.url}/hooks/review/not-the-secret-of-the-plugin`, max_tries: 3 });
    await pushes(0, 1);
    await world.answered(3);
    world.hurry({ url: `${world.server.webhook.url}/hooks/review/${encodeURIComponent(SECRET)}` });
    const [head] = await pushes(1, 1);

    const deliveries = await world.deliveries(1);

    assert.deepEqual(revisions(deliveries), [head]);
    assert.deepEqual(await world.answered(4), [401, 401, 401, 202]);
  });
});
