import assert from 'node:assert/strict';
import type { NamespaceAccess } from '#core/access-matrix.ts';
import { HeadgateError } from '#core/errors.ts';
import { targetKey, type Consumer } from '#core/target.ts';
import { accessMatrix, type Mapping } from '#handlers/access-matrix.ts';
import { Flow } from './flow.ts';
import { sampleSource, target } from './samples.ts';

const policy = (name: string, spec: string): string =>
  `apiVersion: headgate.dev/v1alpha1\nkind: GatePolicy\nmetadata: { name: ${name} }\nspec:\n${spec}`;
const open = `  targets: [ { clusters: [ prod ], namespaces: [ apps ] } ]
  changes: [ { source: hub, repositories: [ "org/*" ], refs: [ refs/heads/main ], confirmed: false } ]
`;
const strict = `  mode: audit
  targets: [ { clusters: [ "*" ], namespaces: [ "app*" ] } ]
  changes: [ { source: hub, repositories: [ org/app ], refs: [ "refs/heads/**" ], pushers: { groups: [ sre ] } } ]
  subjects: [ { issuer: actions, match: { repository: [ org/app, org/deploy ] } } ]
  reviews: [ { required: 2, from: { groups: [ sre ] } }, { from: { owners: true } } ]
  checks: [ ci/build ]
  signed: { by: { people: [ ada ] }, tags: none }
  validations: [ { expression: "change.action != 'deleted'", message: is not deleted } ]
`;

const consumer = (name: string, namespace: string, more: Partial<Consumer> = {}): Consumer => ({
  object: { ...target, kind: 'Kustomization', namespace: 'flux-system', name },
  suspended: false,
  namespaces: [namespace],
  unbounded: false,
  remote: false,
  paths: null,
  ...more,
});

describe('the matrix of access to a namespace', () => {
  let flow: Flow;
  let deps: Mapping;

  beforeEach(async () => {
    flow = await Flow.open();
    deps = { ...flow.deps, inventory: flow.clusters };
    flow.policy = policy('open', open);
    flow.clusters.put(sampleSource({ branch: 'main' }), [consumer('web', 'apps')]);
  });
  afterEach(() => flow.close());

  const only = (namespace = 'apps', cluster = 'prod'): NamespaceAccess => {
    const [first, ...more] = accessMatrix(deps, namespace, cluster);
    assert.ok(first);
    assert.deepEqual(more, []);
    return first;
  };

  it('says that nobody may where no policy is, and why', () => {
    const { summary, covered, policies, mode } = only('elsewhere');
    assert.equal(summary, 'nobody: no policy is about namespace elsewhere of cluster prod, and what no policy allows is denied');
    assert.deepEqual([covered, policies, mode], [false, [], null]);
  });

  it('lists every policy about it, with all that each asks for', () => {
    flow.policy = `${policy('open', open)}---\n${policy('strict', strict)}`;
    const { summary, mode, policies } = only();
    assert.deepEqual([summary, mode], ['whatever open and strict all allow', 'enforce']);
    assert.deepEqual(
      policies.map(({ policy: name, needs }) => [name, needs]),
      [
        ['open', []],
        [
          'strict',
          [
            'asked for by a subject of actions with repository org/app or org/deploy',
            '2 reviews by group sre, none of them author or pusher',
            '1 review by the owners of each file, none of them author or pusher',
            'checks that passed: ci/build',
            'commits signed by ada',
            'validation: is not deleted',
          ],
        ],
      ],
    );
    assert.deepEqual(policies[1]?.changes, [
      {
        rule: 'strict changes[0]',
        source: 'hub',
        repositories: ['org/app'],
        refs: ['refs/heads/**'],
        confirmed: true,
        pushers: 'group sre',
      },
    ]);
  });

  it('says when all of it is in audit mode', () => {
    flow.policy = policy('strict', strict);
    assert.match(only().summary, /in audit mode: what they would deny is noted and allowed$/);
  });

  it('lists what writes there, and what comes of a push to it, by the code that decides one', () => {
    const [first] = only().targets;
    assert.deepEqual(
      [targetKey(first?.target ?? target), first?.follows, first?.consumers.map(({ object }) => object.name), first?.push.verdict],
      [targetKey(target), { source: 'hub', repository: 'org/app', ref: 'refs/heads/main' }, ['web'], 'allow'],
    );
    flow.policy = policy('strict', strict.replace('  mode: audit\n', ''));
    const denied = only().targets[0]?.push;
    assert.deepEqual([denied?.verdict, denied?.rule], ['deny', 'strict']);
    assert.notEqual(denied?.reasons.length, 0);
  });

  it('lists a source that nothing follows where it lies, and none that writes elsewhere', () => {
    flow.clusters.put(sampleSource({ branch: 'main' }, { target: { ...target, name: 'alone' } }));
    flow.clusters.put(sampleSource({ branch: 'main' }, { target: { ...target, name: 'away' } }), [consumer('away', 'shop')]);
    assert.deepEqual(
      only().targets.map(({ target: { name }, consumers }) => [name, consumers.length]),
      [
        ['web', 1],
        ['alone', 0],
      ],
    );
  });

  it('says of an object on no configured source, or on no one ref, that nothing matches it', () => {
    flow.clusters.put(sampleSource({ branch: 'main' }, { url: 'ssh://elsewhere.example/x', target: { ...target, name: 'foreign' } }));
    flow.clusters.put(sampleSource({ commit: 'c'.repeat(40) }, { target: { ...target, name: 'pinned' } }));
    const pushes = only().targets.map(({ target: { name }, push }) => `${name} ${push.verdict} ${push.reasons[0]?.code}`);
    assert.deepEqual(pushes, ['web allow allowed', 'foreign deny no-match', 'pinned deny no-match']);
  });

  it('names what may write there although it says another namespace', () => {
    flow.clusters.put(sampleSource({ branch: 'main' }, { target: { ...target, name: 'other' } }), [
      consumer('free', 'shop', { unbounded: true }),
      consumer('bound', 'shop'),
      consumer('far', 'shop', { unbounded: true, remote: true, remoteCluster: 'edge' }),
    ]);
    assert.deepEqual(
      only().unbounded.map(({ name }) => name),
      ['free'],
    );
    assert.deepEqual(
      only('apps', 'edge').unbounded.map(({ name }) => name),
      ['far'],
    );
  });

  it('lists what is written to a cluster from another one there, and not here', () => {
    flow.clusters.put(sampleSource({ branch: 'main' }), [consumer('web', 'apps', { remote: true, remoteCluster: 'edge' })]);
    assert.deepEqual(only().targets, []);
    const edge = only('apps', 'edge');
    assert.deepEqual([edge.clusterState, edge.covered, edge.targets[0]?.consumers[0]?.remote], ['elsewhere', false, true]);
    assert.equal(edge.targets[0]?.push.verdict, 'deny');
  });

  it('says of each cluster what it is asked besides', () => {
    assert.equal(only().secondAuthority, 'off');
    for (const [allowed, said] of [
      [true, 'pushers allowed'],
      [false, 'pushers denied'],
    ] as const) {
      const authority = { known: () => ({ answer: 'nobody', allowed }) as const, ask: () => assert.fail('it is asked') };
      deps = { ...deps, authority };
      assert.equal(only().secondAuthority, said);
    }
    assert.equal(only().targets[0]?.push.rule, 'access');
  });

  it('knows no other cluster', () => {
    assert.throws(
      () => accessMatrix(deps, 'apps', 'nowhere'),
      (error) => error instanceof HeadgateError && error.code === 'NOT_FOUND' && error.hint === 'There is: prod.',
    );
  });

  it('says that nobody may while the policies are gone', () => {
    const { policies } = deps;
    deps = { ...deps, policies: () => ({ ...policies(), unavailable: 'the policies have not loaded for 24 h' }) };
    assert.deepEqual(
      [only().summary, only().covered],
      ['nobody: the policies have not loaded for 24 h, and then everything is denied', false],
    );
  });
});
