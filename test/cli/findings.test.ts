import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterFindings } from '#cli/cluster-findings.ts';
import { findingsOf, renderFindings, type Finding } from '#cli/findings.ts';
import type { Checks, Status } from '#cli/schema.ts';
import { plainStyle } from '#cli/style.ts';
import { runHeadgate } from './run-headgate.ts';

const status: Status = {
  version: '1.2.3',
  uptimeSeconds: 90,
  clusters: [{ cluster: 'prod', state: 'synced', message: null, kinds: [{ kind: 'GitRepository', state: 'synced', objects: 3 }] }],
  sources: [{ name: 'hub', type: 'github' }],
  queue: { waiting: 0, active: 1, retrying: 0, oldestMs: 12 },
  journal: { writable: true, deliveries: { pending: 2 }, queued: 0, observing: 1 },
};
const [cluster] = status.clusters;

const told = (findings: readonly Finding[]): string => renderFindings(findings, plainStyle).join('\n');

describe('what a check says of a server', () => {
  it('is all good when all is', () => {
    assert.deepEqual(renderFindings(findingsOf(status), plainStyle), [
      '✔ server: version 1.2.3, up for 1m30s',
      '✔ journal: writable; deliveries pending: 2, reconciles queued: 0, under observation: 1',
      '✔ cluster prod: synced, objects: 3',
      '✔ source hub: github',
      '✔ queue: waiting: 0, active: 1, retrying: 0',
    ]);
  });

  const cases: readonly (readonly [string, Partial<Status>, RegExp])[] = [
    [
      'a journal that cannot be written',
      { journal: { ...status.journal, writable: false } },
      /^✗ journal: not writable.*\n {4}Check disk space/m,
    ],
    [
      'dead deliveries',
      { journal: { ...status.journal, deliveries: { dead: 4 } } },
      /^! journal: deliveries that could not be handled: 4\n.*--state dead/m,
    ],
    ['no clusters', { clusters: [] }, /^! clusters: none\n.*spec\.clusters/m],
    ['a queue that retries', { queue: { ...status.queue, retrying: 2 } }, /^! queue: .*retrying: 2.*\n.*get reconciles --state queued/m],
    [
      'a queue in which something waits for long',
      { queue: { ...status.queue, oldestMs: 600_000 } },
      /^! queue: .*oldest waits for 10m00s/m,
    ],
  ];
  for (const [what, changes, pattern] of cases)
    it(`names ${what}, and what to do`, () => assert.match(told(findingsOf({ ...status, ...changes })), pattern));

  const clusters: readonly (readonly [string, Partial<Status['clusters'][number]>, RegExp])[] = [
    ['is starting', { state: 'starting' }, /^! cluster prod: still listing/m],
    [
      'is unreachable',
      { state: 'unreachable', message: 'connect ECONNREFUSED' },
      /^✗ cluster prod: unreachable: connect ECONNREFUSED\n.*kubeconfig/m,
    ],
    ['refuses', { state: 'refused', message: '403' }, /^✗ cluster prod: refused: 403\n.*rbac\.md/m],
    ['lacks a kind', { kinds: [{ kind: 'HelmRelease', state: 'absent', objects: 0 }] }, /^✔ cluster prod: .*not installed: HelmRelease$/m],
    [
      'fails to watch a kind',
      { kinds: [{ kind: 'Bucket', state: 'failing', objects: 0 }] },
      /^✗ cluster prod: cannot watch Bucket\n.*rbac\.md/m,
    ],
  ];
  for (const [what, changes, pattern] of clusters) {
    it(`says what to do about a cluster that ${what}`, () => {
      assert.ok(cluster);
      assert.match(told(findingsOf({ ...status, clusters: [{ ...cluster, ...changes }] })), pattern);
    });
  }
});

describe('what a check says of the clusters themselves', () => {
  const check: Checks['clusters'][number] = {
    cluster: 'prod',
    reachable: true,
    message: null,
    version: 'v1.36.0',
    kinds: [
      { kind: 'GitRepository', served: true },
      { kind: 'HelmRelease', served: false },
    ],
    access: [
      { verb: 'patch', resource: 'gitrepositories.source.toolkit.fluxcd.io', allowed: true },
      { verb: 'list', resource: 'helmreleases.helm.toolkit.fluxcd.io', allowed: false },
    ],
  };
  const tell = (changes: Partial<typeof check> = {}): string => told(clusterFindings({ clusters: [{ ...check, ...changes }] }));

  it('names version, kinds and rights; a right on a kind that is not installed does not matter', () => {
    assert.equal(
      tell(),
      '✔ cluster prod: Kubernetes v1.36.0\n✔ cluster prod: Flux kinds: GitRepository; not installed: HelmRelease\n✔ cluster prod: all rights that are needed',
    );
  });

  const cases: readonly (readonly [string, Partial<typeof check>, RegExp])[] = [
    ['that does not answer', { reachable: false, message: 'no route to host' }, /^✗ cluster prod: no answer: no route to host/],
    ['without Flux', { kinds: [{ kind: 'GitRepository', served: false }] }, /^! cluster prod: none of Flux's kinds is served/m],
    [
      'that withholds a right',
      { access: [{ verb: 'patch', resource: 'gitrepositories.source.toolkit.fluxcd.io', allowed: false }] },
      /^✗ cluster prod: may not patch gitrepositories\.source\.toolkit\.fluxcd\.io\n.*rbac\.yaml/m,
    ],
    [
      'that cannot be asked about rights',
      { access: [{ verb: 'list', resource: 'events', allowed: null }] },
      /^! cluster prod: rights that could not be asked for: 1/m,
    ],
  ];
  for (const [what, changes, pattern] of cases) it(`says what to do about a cluster ${what}`, () => assert.match(tell(changes), pattern));
});

describe('headgate check --pre', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'headgate-pre-'));
    await runHeadgate(['init', '--repository', 'org/app'], { cwd, env: { HOME: cwd } });
  });
  afterEach(() => rm(cwd, { recursive: true }));

  const listenOn = async (webhook: string, journal = './data/headgate.db'): Promise<void> => {
    const any = '"127.0.0.1:0"';
    const listen = `listen: { webhook: "${webhook}", web: ${any}, metrics: ${any}, health: ${any} }\n  journal: { sqlite: { path: ${journal} } }`;
    const source = 'sources: [ { name: hub, type: github, webhook: { secrets: [ { file: ./secrets/github-webhook } ] } } ]';
    await writeFile(
      join(cwd, 'headgate.yaml'),
      `apiVersion: headgate.dev/v1alpha1\nkind: Config\nspec:\n  ${listen}\n  ${source}\n  policies: { path: ./policies }\n`,
    );
  };
  const pre = () => runHeadgate(['check', '--pre'], { cwd });

  it('names an address that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await listenOn(`127.0.0.1:${port}`);
    const { code, stdout } = await pre();
    other.close();
    assert.equal(code, 1);
    assert.match(stdout, /✗ webhook listener 127\.0\.0\.1:\d+: .*EADDRINUSE.*\n.*spec\.listen/);
  });

  it('names a data directory that cannot be one', async () => {
    await mkdir(join(cwd, 'data'));
    await writeFile(join(cwd, 'data/file'), '');
    await listenOn('127.0.0.1:0', './data/file/headgate.db');
    const { code, stdout } = await pre();
    assert.equal(code, 1);
    assert.match(stdout, /✗ data directory .*data\/file/);
  });

  it('names what is wrong with the config, and nothing else then', async () => {
    await rm(join(cwd, 'policies'), { recursive: true });
    const { code, stdout } = await pre();
    assert.equal(code, 1);
    assert.match(stdout, /^✗ .*polic/);
    assert.doesNotMatch(stdout, /listener/);
  });
});
