import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SourceConfig } from '#adapters/registry.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { watchDirectory } from '#config/directory-watch.ts';
import { init, type InitOptions } from '#config/init.ts';
import { loadConfig } from '#config/load-config.ts';
import { SecretStore } from '#config/secret-store.ts';
import { parsePolicies } from '#policy/parse-policies.ts';
import { useTempDir } from './temp-dir.ts';

describe('config/init', () => {
  const directory = useTempDir();
  const nothing = { kubeconfig: null, inCluster: false, repository: null };

  async function load(options: Omit<InitOptions, 'directory'>) {
    const result = init({ ...options, directory: directory() });
    const config = await loadConfig(result.configFile, SourceConfig);
    const watch = watchDirectory({ path: config.policies.path, parse: parsePolicies, clock: new SimulatedClock(), log: silentLog });
    watch.stop();
    return { result, config, policies: watch.current() };
  }

  it('writes what loads, on a machine that knows nothing', async () => {
    const { result, config, policies } = await load(nothing);
    assert.deepEqual(result.kept, []);
    assert.deepEqual(
      result.written.map((path) => path.slice(directory().length + 1)),
      ['headgate.yaml', 'policies/first.yaml', 'secrets/hub-webhook', 'secrets/.gitignore'],
    );
    assert.deepEqual(config.clusters, []);
    assert.equal(policies?.policies[0]?.changes[0]?.confirmed, false);
    assert.match(result.nextSteps.join('\n'), /application\/json[^]*secrets\/hub-webhook/);
  });

  it("takes the kubeconfig's current context and the repository at hand, and offers the other contexts as comments", async () => {
    const kubeconfig = {
      path: '/home/me/.kube/config',
      contexts: ['kind-dev', 'arn:aws:eks:eu-1:123:cluster/Prod_1'],
      current: 'arn:aws:eks:eu-1:123:cluster/Prod_1',
    };
    const { result, config, policies } = await load({ kubeconfig, inCluster: false, repository: 'org/app' });
    assert.deepEqual(
      config.clusters,
      [{ name: '1', kubeconfig: { path: kubeconfig.path, context: kubeconfig.current } }].map((entry) => ({ ...entry, name: 'cluster-1' })),
    );
    assert.match(readFileSync(result.configFile, 'utf8'), /# - \{ name: "kind-dev"/);
    assert.equal(policies?.policies[0]?.targets[0]?.clusters[0]?.matches('cluster-1'), true);
    assert.equal(policies?.policies[0]?.changes[0]?.repositories[0]?.matches('org/app'), true);
  });

  it('uses the cluster that it runs in', async () => {
    const { config } = await load({ ...nothing, inCluster: true });
    assert.deepEqual(config.clusters, [{ name: 'local', inCluster: {} }]);
  });

  for (const context of ['no', 'null', '007', '"quoted"\n  evil: 1', '---', 'ü', 'admin@k8s.example.com', 'x'.repeat(300)]) {
    it(`writes what loads for a context called ${JSON.stringify(context.slice(0, 24))}`, async () => {
      const { config } = await load({ ...nothing, kubeconfig: { path: '/k: #"', contexts: [context, 'other\n- x'], current: context } });
      assert.deepEqual(config.clusters[0]?.kubeconfig, { path: '/k: #"', context });
    });
  }

  it('makes a webhook secret that only the owner can read, different each time', async () => {
    const { config } = await load(nothing);
    const [source] = config.sources;
    const store = new SecretStore({ clock: new SimulatedClock(), log: silentLog, env: () => undefined });
    const [secret] = store.requireAny(source?.webhook.secrets ?? []);
    assert.match(String(secret), /^[0-9a-f]{64}$/);
    const file = join(directory(), 'secrets', 'hub-webhook');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const second = join(directory(), 'second');
    init({ ...nothing, directory: second });
    assert.notEqual(readFileSync(join(second, 'secrets', 'hub-webhook'), 'utf8').trim(), String(secret));
  });

  it('overwrites nothing', () => {
    writeFileSync(join(directory(), 'headgate.yaml'), 'mine');
    const first = init({ ...nothing, directory: directory() });
    assert.deepEqual(first.kept, [join(directory(), 'headgate.yaml')]);
    const second = init({ ...nothing, directory: directory() });
    assert.deepEqual([second.written.length, second.kept.length], [0, 4]);
    assert.equal(readFileSync(join(directory(), 'headgate.yaml'), 'utf8'), 'mine');
    assert.deepEqual(readdirSync(directory()).sort(), ['headgate.yaml', 'policies', 'secrets']);
  });

  it('says so when it cannot write', () => {
    const file = join(directory(), 'file');
    writeFileSync(file, '');
    assert.throws(() => init({ ...nothing, directory: join(file, 'sub') }), { code: 'CONFIG_UNREADABLE' });
  });
});
