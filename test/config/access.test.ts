import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import { parseConfig } from '#config/load-config.ts';
import { toys } from './source-schema.ts';

const HEAD = 'apiVersion: headgate.dev/v1alpha1\nkind: Config\nspec:\n';
const REST = `  sources: [ { name: hub, type: toy, webhook: { secrets: [ { file: ./hub } ] } } ]
  policies: { path: ./policies }
  identity: { audience: "https://a", issuers: [ { name: corp, url: "https://a.example" }, { name: ci, url: "https://b.example" } ] }
`;

function accessOf(access: string) {
  const text = `${HEAD}  clusters: [ { name: prod, inCluster: {}, access: ${access} } ]\n${REST}`;
  return parseConfig({ name: 'headgate.yaml', text }, toys, '/etc/headgate/headgate.yaml').clusters[0]?.access;
}

function problemsOf(access: string): string {
  try {
    accessOf(access);
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  return assert.fail('the config was accepted');
}

describe('spec.clusters[].access', () => {
  it('asks nothing about pushes unless it says otherwise, and takes claims within claims', () => {
    assert.deepEqual(accessOf('{}'), { pushers: 'allow', subjects: [] });
    const one =
      '{ issuer: corp, user: { claim: email, prefix: "oidc:" }, groups: { claim: [ realm_access, roles ], prefix: "" , unprefixed: true } }';
    assert.deepEqual(accessOf(`{ pushers: deny, subjects: [ ${one} ] }`), {
      pushers: 'deny',
      subjects: [
        {
          issuer: 'corp',
          user: { claim: 'email', prefix: 'oidc:' },
          groups: { claim: ['realm_access', 'roles'], prefix: '', unprefixed: true },
        },
      ],
    });
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      'an unknown issuer',
      '{ subjects: [ { issuer: crop, user: { claim: sub, prefix: "a:" } } ] }',
      /4:\d+: .*`crop` is no configured issuer/,
    ],
    [
      'an empty prefix that nobody stands up for',
      '{ subjects: [ { issuer: corp, user: { claim: sub, prefix: "" } } ] }',
      /is empty.*unprefixed: true/,
    ],
    ['no prefix', '{ subjects: [ { issuer: corp, user: { claim: sub } } ] }', /prefix/],
    [
      'a prefix of Kubernetes',
      '{ subjects: [ { issuer: corp, user: { claim: sub, prefix: "System:x:" } } ] }',
      /names of Kubernetes itself/,
    ],
    ['no user', '{ subjects: [ { issuer: corp, groups: { claim: groups, prefix: "a:" } } ] }', /user/],
    ['an empty claim', '{ subjects: [ { issuer: corp, user: { claim: "", prefix: "a:" } } ] }', /claim/],
    [
      'an issuer twice',
      '{ subjects: [ { issuer: corp, user: { claim: sub, prefix: "a:" } }, { issuer: corp, user: { claim: email, prefix: "b:" } } ] }',
      /`corp` is taken by an earlier entry/,
    ],
    [
      'one prefix for two issuers',
      '{ subjects: [ { issuer: corp, user: { claim: sub, prefix: "a:" } }, { issuer: ci, user: { claim: sub, prefix: "a:" } } ] }',
      /`a:` is that of another issuer/,
    ],
  ];
  for (const [what, access, message] of refused) it(`refuses ${what}`, () => assert.match(problemsOf(access), message));
});

describe('spec.clusters[].remotes', () => {
  const remotesOf = (remotes: string) => accessOf(`{}, remotes: ${remotes}`);

  it('names a cluster by the Secret or ConfigMap that leads to it', () => {
    remotesOf('[ { namespace: flux-system, secret: edge, cluster: edge }, { namespace: flux-system, configMap: edge, cluster: other } ]');
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['neither', '[ { namespace: flux-system, cluster: edge } ]', /exactly one of `secret` and `configMap`/],
    ['both', '[ { namespace: flux-system, secret: a, configMap: b, cluster: edge } ]', /exactly one of `secret` and `configMap`/],
    [
      'one Secret twice',
      '[ { namespace: a, secret: edge, cluster: edge }, { namespace: a, secret: edge, cluster: other } ]',
      /is listed already/,
    ],
  ];
  for (const [what, remotes, message] of refused) it(`refuses ${what}`, () => assert.match(problemsOf(`{}, remotes: ${remotes}`), message));
});
