import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { accessLines } from '../../cli/get/access-lines.ts';
import type { NamespaceAccess } from '../../cli/get/access-schema.ts';
import { plainStyle } from '../../cli/style.ts';
import { startWorld, type World } from './world.ts';

const object = { cluster: 'prod', kind: 'Kustomization', namespace: 'flux-system', name: 'web' };
const sample: NamespaceAccess = {
  cluster: 'prod',
  namespace: 'apps',
  clusterState: 'unreachable',
  summary: 'whatever apps allows',
  covered: true,
  mode: 'enforce',
  enforcement: 'advisory',
  secondAuthority: 'pushers denied',
  policies: [
    {
      policy: 'apps',
      mode: 'enforce',
      changes: [
        {
          rule: 'apps changes[0]',
          source: 'hub',
          repositories: ['org/a', 'org/b'],
          refs: ['refs/heads/main'],
          confirmed: true,
          pushers: 'group sre',
        },
      ],
      needs: ['1 review by group sre, none of them author', 'checks that passed: ci'],
    },
  ],
  targets: [
    {
      target: { ...object, kind: 'GitRepository' },
      url: 'https://github.com/org/a',
      follows: { source: 'hub', repository: 'org/a', ref: 'refs/heads/main' },
      suspended: true,
      consumers: [{ object, unbounded: true, remote: false, serviceAccount: null, applies: null }],
      push: { verdict: 'deny', reasons: [{ code: 'no-subject', message: 'nobody stands behind\u001b[31m it' }] },
    },
  ],
  unbounded: [{ ...object, name: 'other' }],
  sourceRights: [
    {
      source: 'review',
      rights: [
        {
          account: '1000002',
          name: 'dev',
          person: 'ada',
          repository: 'org/a',
          ref: 'refs/heads/main',
          read: { answer: 'yes', why: null },
          push: { answer: 'no', why: null },
          submit: { answer: 'unknown', why: 'whether it is in group abc cannot be seen' },
        },
      ],
      unavailable: null,
      left: 3,
    },
    { source: 'other', rights: [], unavailable: 'no answer', left: 0 },
    { source: 'third', rights: [], unavailable: null, left: 0 },
  ],
};

describe('headgate get access', function () {
  this.timeout(30_000);

  it('prints who may, through what, and what stands open', () => {
    assert.deepEqual(accessLines(sample, { style: plainStyle, width: null }), [
      '✔ prod/apps: whatever apps allows',
      '  mode enforce; enforcement advisory; second authority: the cluster is asked about whoever asks; pushers denied; the cluster is unreachable',
      '  RULE             SOURCE  REPOSITORIES  REFS             CONFIRMED  PUSHED BY  AND ALL OF',
      '  apps changes[0]  hub     org/a,org/b   refs/heads/main  yes        group sre  1 review by group sre, none of them author; checks that passed: ci',
      '  OBJECT                                          FOLLOWS                    WRITES HERE                    A PUSH BY NOBODY VERIFIED',
      '  prod/GitRepository/flux-system/web (suspended)  hub org/a refs/heads/main  Kustomization/web (unbounded)  deny: nobody stands behind\ufffd[31m it',
      '  ► may write here too: Kustomization/other in flux-system, which no service account bounds',
      '  ACCOUNT AT REVIEW    PROJECT AND REF        READ  PUSH PAST REVIEW  SUBMIT',
      '  dev (1000002) = ada  org/a refs/heads/main  yes   no                unknown',
      '  ► dev submit refs/heads/main: unknown, whether it is in group abc cannot be seen',
      '  ► accounts that were not asked about, because they are too many: 3',
      '  ► what other lets accounts do is not known: no answer',
      '  ► what third lets accounts do was not asked: the policies name no person with an account there; --account NAME asks',
    ]);
  });

  describe('against a server', () => {
    let world: World;
    before(async () => {
      world = await startWorld();
    });
    after(() => world.stop());

    it('tells it as a table, as JSON and as YAML', async () => {
      const { code, stdout, stderr } = await world.headgate(['get', 'access', '--namespace', 'apps']);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^✔ prod\/apps: whatever apps allows\n {2}mode enforce; enforcement advisory; second authority: off\n {2}RULE /);
      assert.match(stdout, /^ {2}apps changes\[0\] +hub +org\/app +refs\/heads\/main +need not +whoever may +nothing else$/m);
      assert.match(
        stdout,
        /^ {2}prod\/GitRepository\/apps\/webapp +hub org\/app refs\/heads\/main +Kustomization\/webapp \(unbounded\) +allow$/m,
      );
      assert.match(
        stdout,
        /webapp-next +hub org\/app refs\/heads\/next +itself +deny: apps changes\[0\] does not fit: ref refs\/heads\/next is none of/,
      );
      assert.match(stderr, /Flux polls whatever policy says/);
      const json = await world.headgate(['get', 'access', '--namespace', 'apps', '--cluster', 'prod', '-o', 'json']);
      const yaml = await world.headgate(['get', 'access', '--namespace', 'apps', '-o', 'yaml']);
      assert.deepEqual(JSON.parse(json.stdout), parse(yaml.stdout));
    });

    it('says that nobody may where no policy is about it', async () => {
      const { stdout } = await world.headgate(['get', 'access', '--namespace', 'kube-system']);
      assert.match(stdout, /^✗ prod\/kube-system: nobody: no policy is about namespace kube-system of cluster prod/);
      assert.match(stdout, /may write here too: Kustomization\/webapp in apps, which no service account bounds/);
    });

    it('ends as documented when the cluster is unknown or no namespace is named', async () => {
      assert.equal((await world.headgate(['get', 'access', '--namespace', 'apps', '--cluster', 'nowhere'])).code, 3);
      assert.equal((await world.headgate(['get', 'access'])).code, 2);
    });
  });
});
