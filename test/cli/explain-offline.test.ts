import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster } from '#sandbox/fake-cluster.ts';
import { push } from '../adapters/github/deliveries.ts';
import { runHeadgate } from './run-headgate.ts';

const saved = fileURLToPath(new URL('../k8s/saved/objects.yaml', import.meta.url));
const at = 'a45b97fc3c6e734ca2c55a9b7f9c0135d0cb696c';

const policy = (cluster: string, ref = 'refs/heads/main', confirmed = false): string => `apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [ { clusters: [ ${cluster} ], namespaces: [ apps, shared-config, flux-system ] } ]
  changes: [ { source: hub, repositories: [ "org/*" ], refs: [ ${ref} ], confirmed: ${confirmed} } ]
`;

const config = `apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  clusters: [ { name: prod, kubeconfig: { path: ./nowhere } } ]
  sources: [ { name: hub, type: github, webhook: { secrets: [ { file: ./nowhere } ] } } ]
  policies: { path: ./policies }
`;

describe('headgate explain without a server', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'headgate-explain-'));
  });
  afterEach(() => rm(cwd, { recursive: true }));

  const main = ['--repo', 'org/app', '--ref', 'refs/heads/main'];
  const run = (...args: readonly string[]) => runHeadgate(['explain', ...args], { cwd });
  const offline = (...args: readonly string[]) => run('--inventory', saved, ...args);
  const withPolicies = async (text: string): Promise<readonly string[]> => {
    await mkdir(join(cwd, 'policies'), { recursive: true });
    await writeFile(join(cwd, 'policies/apps.yaml'), text);
    return ['--policies', 'policies'];
  };

  it('answers in an empty folder, with the default denial and what would decide', async () => {
    const { code, stdout, stderr } = await offline(...main);
    assert.equal(code, 8, stderr);
    assert.match(stdout, /^✗ cluster: GitRepository\/app in apps: would be denied$/m);
    assert.match(stdout, /deny +by default \(advisory\): no policies were given: --policies would decide/);
    assert.match(stdout, /writes to apps, shared-config$/m);
    assert.match(stdout, /^ {4}▸ HelmRelease\/web in apps → apps$/m);
    assert.match(stdout, /^– cluster: GitRepository\/app-next in apps: other-ref$/m);
    assert.match(stdout, /there is no config: https:\/\/github\.com stands for a GitHub source named hub/);
    assert.match(stdout, /--cluster gives it the name/);
    assert.match(stderr, /✗ not allowed: 1 of 1/);
  });

  it('ends with 0 when all that matches is allowed and something would move', async () => {
    const policies = await withPolicies(policy('prod'));
    const { code, stdout, stderr } = await offline(...main, ...policies, '--cluster', 'prod');
    assert.deepEqual([code, stderr], [0, '✔ would move: 1\n'], stdout);
    assert.match(stdout, /^✔ prod: GitRepository\/app in apps: would move$/m);
    assert.match(stdout, /allow +by apps changes\[0\]/);
  });

  it('ends with 7 when nothing would move, with the reason', async () => {
    const policies = [...(await withPolicies(policy('"*"'))), ...['--cluster', 'prod']];
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['--repo', 'org/none', '--ref', 'refs/heads/main'], /no cluster has a source object with this repository/],
      [['--repo', 'org/app', '--ref', 'refs/heads/other'], /2 source objects of this repository, none follows this change/],
      [['--repo', 'org/shared', '--ref', 'refs/heads/main'], /no target would be triggered/],
      [[...main, '--rev', at], /no target would be triggered/],
      [[...main, '--source', 'nope'], /no source nope is configured; there is: hub/],
    ];
    for (const [args, reason] of cases) {
      const { code, stdout, stderr } = await offline(...args, ...policies);
      assert.equal(code, 7, `${args.join(' ')}\n${stdout}${stderr}`);
      assert.match(stderr, reason);
    }
  });

  it('says why an allowed target would be skipped', async () => {
    const policies = await withPolicies(policy('"*"'));
    const suspended = await offline('--repo', 'https://github.com/org/shared.git', '--ref', 'refs/heads/main', ...policies);
    assert.match(suspended.stdout, /allowed, but would be skipped \(suspended\)\n/);
    const current = await offline(...main, '--rev', at, ...policies);
    assert.match(current.stdout, /allowed, but would be skipped \(current\)\n/);
  });

  it('supposes somebody who asks', async () => {
    const policies = await withPolicies(policy('prod').trimEnd() + '\n  subjects: [ { issuer: corp, match: { sub: jane } } ]\n');
    const asked = [...main, ...policies, '--cluster', 'prod'];
    assert.match((await offline(...asked)).stdout, /no-subject|a verified subject/);
    await writeFile(join(cwd, 'claims.json'), JSON.stringify({ sub: 'jane' }));
    const { code, stdout, stderr } = await offline(...asked, '--subject-issuer', 'corp', '--claims', 'claims.json');
    assert.equal(code, 0, stdout + stderr);
    assert.equal((await offline(...asked, '--claims', 'claims.json')).code, 2);
    assert.equal((await offline(...asked, '--subject-issuer', 'corp', '--claims', 'gone.json')).code, 2);
  });

  it('supposes a confirmation when it is told to, and says that it could be', async () => {
    const policies = await withPolicies(policy('"*"', 'refs/heads/main', true));
    const denied = await offline(...main, ...policies);
    assert.deepEqual([denied.code, /--confirmed supposes that it does/.test(denied.stdout)], [8, true], denied.stdout);
    assert.equal((await offline(...main, ...policies, '--confirmed')).code, 0);
  });

  it('takes sources, policies and the name of the cluster from a config, and needs none of its secrets', async () => {
    await withPolicies(policy('prod'));
    await writeFile(join(cwd, 'headgate.yaml'), config);
    const { code, stdout } = await offline(...main);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^✔ prod: GitRepository\/app in apps: would move$/m);
    assert.doesNotMatch(stdout, /what this rests on/);
  });

  it('reads an event as GitHub sends it', async () => {
    const policies = await withPolicies(policy('"*"'));
    await writeFile(join(cwd, 'push.json'), JSON.stringify(push()));
    const { code, stdout } = await offline('--event', 'push.json', ...policies);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^org\/app {2}refs\/heads\/main {2}b{12} {2}updated$/m);
    const ignored = await offline('--event', 'push.json', '--event-name', 'star', ...policies);
    assert.deepEqual([ignored.code, /the event would be ignored: event star moves no branch or tag/.test(ignored.stdout)], [7, true]);
  });

  it('prints JSON and YAML that mean the same', async () => {
    const json = await offline(...main, '-o', 'json');
    const answer = JSON.parse(json.stdout);
    assert.deepEqual([answer.targets.length, answer.targets[0].decision.verdict, answer.candidates[0].reason], [1, 'deny', 'other-ref']);
    assert.equal(json.code, 8);
    const yaml = await offline(...main, '-o', 'yaml');
    assert.match(yaml.stdout, /^change:\n {2}id: null\n {2}source: hub\n/);
  });

  it('reads several files as one cluster', async () => {
    const other = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', metadata: { name: 'more', namespace: 'apps' } };
    await writeFile(
      join(cwd, 'more.json'),
      JSON.stringify({ ...other, spec: { url: 'https://github.com/org/app', ref: { branch: 'main' } } }),
    );
    const { stdout } = await offline('--inventory', 'more.json', ...main);
    assert.match(stdout, /GitRepository\/app in apps/);
    assert.match(stdout, /GitRepository\/more in apps/);
  });

  it('lists a cluster once by its kubeconfig', async function () {
    this.timeout(20_000);
    const policies = await withPolicies(policy('"*"'));
    const cluster = await startFakeCluster({ clock: systemClock, log: silentLog, resolve: () => undefined });
    try {
      cluster.apply({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'GitRepository',
        metadata: { name: 'web', namespace: 'apps' },
        spec: { url: 'https://github.com/org/app', interval: '1h', ref: { branch: 'main' } },
      });
      await writeFile(join(cwd, 'kubeconfig'), cluster.kubeconfig(), { mode: 0o600 });
      const { code, stdout, stderr } = await run('--kubeconfig', 'kubeconfig', ...main, ...policies);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /^✔ cluster: GitRepository\/web in apps: would move$/m);
      assert.equal((await run('--kubeconfig', 'kubeconfig', '--context', 'nope', ...main)).code, 2);
    } finally {
      await cluster.stop();
    }
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /name one of --repo, --event and --change/],
    [['--repo', 'org/app', '--change', 'chg_1'], /name one of/],
    [['--repo', 'org/app'], /--repo needs --ref/],
    [['--repo', 'org/app', '--ref', 'main'], /did you mean refs\/heads\/main\?/],
    [['--repo', 'org/app', '--ref', 'refs/heads/main', '--rev', 'abc'], /revision: must be a full commit id/],
    [['--change', 'chg_1', '--paths', 'README.md'], /on record with all of it: leave out --paths/],
    [['--change', 'chg_1', '--no-confirmed'], /leave out --confirmed/],
    [['--event', 'push.json', '--rev', 'a'.repeat(40)], /says it by itself: leave out --rev/],
    [['--event', 'nothing.json'], /cannot read .*nothing\.json/],
    [['--change', 'chg_1'], /a recorded change is in the journal of a server/],
    [[...main, '--server', '127.0.0.1:1'], /leave out --server/],
    [[...main, '--kubeconfig', 'x'], /exclude each other/],
    [[...main, '--source-url', 'nowhere at all'], /is not the URL of a GitHub/],
    [[...main, '--source-url', 'https://github.com', '--config', 'x.yaml'], /leave out one of them/],
    [[...main, '--config', 'x.yaml'], /CONFIG_UNREADABLE/],
    [[...main, '--policies', 'nowhere'], /POLICY_MISSING/],
    [[...main, '--inventory', 'nowhere.yaml'], /INVENTORY_INVALID/],
    [[...main, '-o', 'xml'], /Allowed choices/],
  ];
  for (const [args, message] of wrong) {
    it(`ends with 2 and the reason: ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await offline(...args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }

  it('refuses what only an inventory gives a meaning to', async () => {
    for (const flag of ['--policies', '--cluster', '--context', '--source-url']) {
      const { code, stderr } = await run(...main, flag, 'x');
      assert.deepEqual([code, new RegExp(`${flag} needs --inventory or --kubeconfig`).test(stderr)], [2, true], stderr);
    }
  });
});
