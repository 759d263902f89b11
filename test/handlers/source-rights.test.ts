import assert from 'node:assert/strict';
import type { NamespaceAccess } from '#core/access-matrix.ts';
import { HeadgateError } from '#core/errors.ts';
import type { AccountRights, RightsQuestion, SourceRights } from '#core/ports/source-rights.ts';
import type { Consumer } from '#core/target.ts';
import type { Mapping } from '#handlers/access-matrix.ts';
import { namespaceAccess, type AccessQuestion } from '#handlers/source-rights.ts';
import { Flow } from './flow.ts';
import { sampleSource, target } from './samples.ts';

const documents = `apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [ { clusters: [ prod ], namespaces: [ apps ] } ]
  changes: [ { source: hub, repositories: [ "org/*" ], refs: [ refs/heads/main ], pushers: { people: [ ada ], groups: [ sre ] } } ]
---
apiVersion: headgate.dev/v1alpha1
kind: Person
metadata: { name: ada }
spec: { accounts: [ { source: hub, account: "1" }, { source: elsewhere, account: "7" } ] }
---
apiVersion: headgate.dev/v1alpha1
kind: Person
metadata: { name: bob }
spec: { accounts: [ { source: hub, account: "2" } ], groups: [ sre ] }
---
apiVersion: headgate.dev/v1alpha1
kind: Person
metadata: { name: eve }
spec: { accounts: [ { source: hub, account: "3" } ], groups: [ sre ], leftAt: 2001-01-01 }
`;

const writer: Consumer = {
  object: { ...target, kind: 'Kustomization', namespace: 'flux-system', name: 'web' },
  suspended: false,
  namespaces: ['apps'],
  unbounded: false,
  remote: false,
  paths: null,
};

describe('the rights of a source beside those of a namespace', () => {
  let flow: Flow;
  let asked: RightsQuestion[];
  let answer: (question: RightsQuestion) => readonly AccountRights[];

  beforeEach(async () => {
    flow = await Flow.open();
    flow.policy = documents;
    flow.clusters.put(sampleSource({ branch: 'main' }), [writer]);
    asked = [];
    answer = ({ accounts, refs }) => accounts.flatMap((account) => refs.map((ref) => ({ ...ref, account, name: `n${account}`, ...no })));
  });
  afterEach(() => flow.close());

  const no = {
    read: { answer: 'yes', why: null },
    push: { answer: 'no', why: null },
    submit: { answer: 'unknown', why: 'hidden' },
  } as const;

  const deps = (isAble = true): Mapping => {
    const rights: SourceRights = {
      rights: (question) => {
        asked.push(question);
        return Promise.resolve().then(() => answer(question));
      },
    };
    const adapters = new Map([...flow.deps.adapters].map(([name, adapter]) => [name, isAble ? { ...adapter, rights } : adapter]));
    return { ...flow.deps, adapters, inventory: flow.clusters };
  };
  const only = async (question: Partial<AccessQuestion> = {}, isAble = true): Promise<NamespaceAccess> => {
    const [first] = await namespaceAccess(deps(isAble), { namespace: 'apps', cluster: 'prod', ...question });
    assert.ok(first);
    return first;
  };

  it('are asked of everybody whom the policies of the namespace name and who is here, by their accounts at that source', async () => {
    const { sourceRights } = await only();
    assert.deepEqual(asked.length, 1);
    assert.deepEqual(asked[0]?.accounts, ['1', '2']);
    assert.equal(asked[0]?.refs.length, 1);
    assert.deepEqual(
      sourceRights.map(({ source, rights, left, unavailable }) => [source, rights.map(({ person }) => person), left, unavailable]),
      [['hub', ['ada', 'bob'], 0, null]],
    );
  });

  it('are asked of whoever is named instead', async () => {
    const { sourceRights } = await only({ accounts: ['42'], persons: ['ada'] });
    assert.deepEqual(asked[0]?.accounts, ['1', '42']);
    assert.deepEqual(
      sourceRights[0]?.rights.map(({ person, account }) => [person, account]),
      [
        ['ada', '1'],
        [null, '42'],
      ],
    );
  });

  it('are asked of a bounded number of accounts, and the rest is counted', async () => {
    const { sourceRights } = await only({ accounts: Array.from({ length: 120 }, (_, index) => `a${index}`) });
    assert.equal(asked[0]?.accounts.length, 100);
    assert.equal(sourceRights[0]?.left, 20);
  });

  it('are not known while the source is away, and all else is', async () => {
    answer = () => {
      throw new HeadgateError('SOURCE_UNREACHABLE', 'no answer');
    };
    const { sourceRights, policies } = await only();
    assert.deepEqual(sourceRights, [{ source: 'hub', rights: [], unavailable: 'no answer', left: 0 }]);
    assert.equal(policies.length, 1);
  });

  it('are not told of a source that cannot be asked, or that nothing there follows', async () => {
    assert.deepEqual((await only({}, false)).sourceRights, []);
    assert.deepEqual((await only({ namespace: 'other' })).sourceRights, []);
    assert.deepEqual(asked, []);
  });
});
