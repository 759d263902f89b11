import assert from 'node:assert/strict';
import { parseAllDocuments, parseDocument } from 'yaml';
import { parsePolicies } from '#policy/parse-policies.ts';
import { suggestRules } from '../../cli/suggest/namespace-role.ts';
import { rbacDocuments, type FluxWriter } from '../../cli/suggest/rbac-documents.ts';
import { startWorld, type World } from './world.ts';

const group = '6a1ff0b8c5d24f2b96e8a1f7a4b9b1c0d2e3f405';
const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
const applied = (kind: string, of = '', namespace = 'pay') => ({ namespace, group: of, kind });
const writer = (more: Partial<FluxWriter> = {}): FluxWriter => ({
  name: 'Kustomization/pay',
  namespace: 'flux-system',
  serviceAccount: null,
  applies: [applied('Deployment', 'apps'), applied('Service'), applied('Service')],
  ...more,
});
const question = { source: 'review', group, cluster: 'prod', namespace: 'pay', serviceAccount: 'pay', follows: [] };

/** Objects that kubectl would take, and what is commented below them. */
function read(lines: readonly string[]): { readonly objects: readonly Record<string, unknown>[]; readonly comments: string } {
  const documents = parseAllDocuments(lines.join('\n'));
  for (const { errors } of documents) assert.deepEqual(errors, []);
  const comments = lines.filter((line) => line.startsWith('#')).map((line) => line.replace(/^# ?/, ''));
  return { objects: documents.map((document) => document.toJS() as Record<string, unknown>), comments: comments.join('\n') };
}

describe('suggested rules of a role', () => {
  it('are those for what has been applied to the namespace, and no others', () => {
    const { rules, notes } = suggestRules([writer()]);
    assert.deepEqual(rules, [
      { apiGroups: [''], resources: ['services'], verbs },
      { apiGroups: ['apps'], resources: ['deployments'], verbs },
    ]);
    assert.deepEqual(notes, [
      'The kinds are those in the inventories of Kustomization/pay now; a kind that comes later needs a line more.',
    ]);
  });

  it('are a guess, without secrets and rights, where nothing is known', () => {
    for (const writers of [[], [writer({ applies: null })], [writer({ applies: [] })]]) {
      const { rules, notes } = suggestRules(writers);
      const resources = rules.flatMap((rule) => rule.resources);
      assert.ok(resources.includes('deployments'));
      for (const not of ['secrets', 'roles', 'rolebindings', 'serviceaccounts', 'pods', '*']) assert.ok(!resources.includes(not), not);
      assert.match(String(notes[0]), /^GUESS: nothing is known/);
    }
  });

  it('leave out what gives rights and what is cluster-wide, and say so', () => {
    const of = 'rbac.authorization.k8s.io';
    const { rules, notes } = suggestRules([
      writer({
        applies: [
          applied('Role', of),
          applied('RoleBinding', of),
          applied('Secret'),
          applied('ClusterRole', of, ''),
          applied('Namespace', '', ''),
        ],
      }),
    ]);
    assert.deepEqual(rules, [{ apiGroups: [''], resources: ['secrets'], verbs }]);
    assert.match(notes.join('\n'), /^LEFT OUT: Role, RoleBinding, which give rights/m);
    assert.match(notes.join('\n'), /^LEFT OUT: the cluster-wide ClusterRole, Namespace/m);
    assert.match(notes.join('\n'), /^NOTE: with Secrets it may read every Secret/m);
  });

  it('say which plurals are guessed', () => {
    const { rules, notes } = suggestRules([
      writer({ applies: [applied('Gateway', 'g.io'), applied('Policy', 'p.io'), applied('Mesh', 'm.io')] }),
    ]);
    assert.deepEqual(rules.map(({ resources }) => resources).flat(), ['gateways', 'meshes', 'policies']);
    assert.match(notes.join('\n'), /^GUESS: the plural of gateways\.g\.io, policies\.p\.io, meshes\.m\.io/m);
  });

  it('say what a HelmRelease hides', () => {
    const { notes } = suggestRules([writer(), writer({ name: 'HelmRelease/db', applies: null })]);
    assert.match(notes.join('\n'), /^GUESS: what HelmRelease\/db applies is not known/m);
  });
});

describe('suggested objects', () => {
  it('are an account where each Flux object lies, a role in the namespace, and a binding between them', () => {
    const { objects } = read(
      rbacDocuments({ ...question, writers: [writer(), writer({ name: 'HelmRelease/db', namespace: 'pay', applies: null })] }),
    );
    assert.deepEqual(
      objects.map(({ kind, metadata }) => [kind, metadata]),
      [
        ['ServiceAccount', { name: 'pay', namespace: 'flux-system' }],
        ['ServiceAccount', { name: 'pay', namespace: 'pay' }],
        ['Role', { name: 'headgate-pay', namespace: 'pay' }],
        ['RoleBinding', { name: 'headgate-pay', namespace: 'pay' }],
      ],
    );
    assert.deepEqual(objects[3]?.['subjects'], [
      { kind: 'ServiceAccount', name: 'pay', namespace: 'flux-system' },
      { kind: 'ServiceAccount', name: 'pay', namespace: 'pay' },
    ]);
    assert.deepEqual(objects[3]?.['roleRef'], { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'headgate-pay' });
  });

  it('come with the field of the Flux object, and with a policy that loads', () => {
    const follows = [{ repository: 'pay', ref: 'refs/heads/prod' }];
    for (const writers of [[], [writer({ serviceAccount: 'root' })]]) {
      const { comments } = read(rbacDocuments({ ...question, writers, follows }));
      assert.match(comments, /serviceAccountName: pay/);
      const policy = comments.slice(comments.indexOf('apiVersion: headgate.dev'));
      parsePolicies([{ name: 'suggested', text: policy }]);
      const { spec } = parseDocument(policy).toJS() as { spec: { changes: readonly unknown[] } };
      assert.deepEqual(spec.changes, [
        { source: 'review', repositories: ['pay'], refs: ['refs/heads/prod'], pushers: { groups: [`review:${group}`] } },
      ]);
    }
    assert.match(read(rbacDocuments({ ...question, writers: [] })).comments, /GUESS: which project and branch/);
  });
});

describe('headgate suggest rbac', function () {
  this.timeout(30_000);
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.stop());

  const suggest = (...more: readonly string[]) =>
    world.headgate(['suggest', 'rbac', '--source', 'hub', '--group', group, '--namespace', 'apps', ...more]);

  it('asks the server what writes there', async () => {
    const { stdout, stderr, code } = await suggest();
    assert.equal(code, 0, stderr);
    const { objects, comments } = read(stdout.split('\n'));
    assert.deepEqual(
      objects.map(({ kind }) => kind),
      ['ServiceAccount', 'Role', 'RoleBinding'],
    );
    assert.match(comments, /^In Kustomization\/webapp of namespace apps \(now: none/m);
    assert.match(stdout, /configmaps/);
  });

  it('refuses a name in the place of a UUID, and whatever is no name', async () => {
    const named = await world.headgate(['suggest', 'rbac', '--source', 'hub', '--group', 'release-managers', '--namespace', 'apps']);
    assert.equal(named.code, 2, named.stderr);
    assert.match(named.stderr, /ls-groups/);
    assert.equal((await suggest('--service-account', 'a: b')).code, 2);
    assert.equal((await suggest('--cluster', 'nowhere')).code, 3);
  });
});
