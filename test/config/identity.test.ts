import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import { parseConfig } from '#config/load-config.ts';
import { toys } from './source-schema.ts';

const HEAD = 'apiVersion: headgate.dev/v1alpha1\nkind: Config\nspec:\n';
const REST =
  '  clusters: [ { name: prod, inCluster: {} }, { name: edge, inCluster: {} } ]\n  sources: [ { name: hub, type: toy, webhook: { secrets: [ { file: ./hub } ] } } ]\n  policies: { path: ./policies }\n';

function issuersOf(issuers: string) {
  const text = `${HEAD}  identity:\n    audience: https://headgate.example.com\n    issuers: [ ${issuers} ]\n${REST}`;
  return parseConfig({ name: 'headgate.yaml', text }, toys, '/etc/headgate/headgate.yaml').identity?.issuers ?? [];
}

function problemsOf(issuers: string): string {
  try {
    issuersOf(issuers);
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  return assert.fail('the config was accepted');
}

describe('spec.identity', () => {
  it('fills in what a preset knows', () => {
    const [actions, aws, cluster, corp] = issuersOf(
      '{ name: actions, preset: github-actions }, { name: aws, preset: aws, url: "https://1.tokens.sts.global.api.aws" }, ' +
        '{ name: prod, preset: kubernetes, url: "https://kubernetes.default.svc", jwks: { file: ./keys } }, { name: corp, url: "https://login.example.com/" }',
    );
    assert.deepEqual(actions, {
      name: 'actions',
      preset: 'github-actions',
      cluster: null,
      url: 'https://token.actions.githubusercontent.com',
      algorithms: ['RS256'],
      audiences: [],
      tokens: 'id',
      maxLifetime: 900_000,
      serviceAccounts: false,
      internal: false,
    });
    assert.deepEqual(aws?.algorithms, ['ES384', 'RS256']);
    assert.deepEqual([cluster?.serviceAccounts, cluster?.jwks?.file, cluster?.maxLifetime], [true, '/etc/headgate/keys', 3_600_000]);
    assert.deepEqual([corp?.url, corp?.algorithms], ['https://login.example.com/', ['RS256', 'ES256']], 'the URL stays as it is written');
  });

  it('has a cluster say whose its tokens are, and tells clusters with one issuer apart by their audiences', () => {
    const [one, two] = issuersOf(
      '{ name: a, cluster: prod, url: "https://kubernetes.default.svc", audiences: [ "https://a" ] }, ' +
        '{ name: b, preset: kubernetes, cluster: edge, url: "https://kubernetes.default.svc", audiences: [ "https://b" ] }',
    );
    assert.deepEqual([one?.cluster, one?.serviceAccounts, one?.maxLifetime], ['prod', true, 3_600_000]);
    assert.deepEqual([two?.cluster, two?.audiences], ['edge', ['https://b']]);
  });

  const refused: readonly [string, string, RegExp][] = [
    ['an issuer without a URL', '{ name: a }', /^headgate\.yaml:6:16: .*needs a `url`/],
    [
      'another URL for GitHub Actions',
      '{ name: a, preset: github-actions, url: "https://x.example" }',
      /6:\d+: .*is always https:\/\/token\.actions/,
    ],
    ['http', '{ name: a, url: "http://login.example.com" }', /is not https/],
    ['a URL with a query', '{ name: a, url: "https://login.example.com/?a" }', /cannot be/],
    ['a URL with credentials', '{ name: a, url: "https://u:p@login.example.com" }', /cannot be/],
    ['what is no URL', '{ name: a, url: login }', /cannot be `login`/],
    ['a symmetric algorithm', '{ name: a, url: "https://a.example", algorithms: [ HS256 ] }', /cannot be `HS256`/],
    ['no algorithm', '{ name: a, url: "https://a.example", algorithms: [ none ] }', /cannot be `none`/],
    ['a long lifetime', '{ name: a, url: "https://a.example", maxLifetime: 25h }', /is longer than 24h/],
    ['an unknown cluster', '{ name: a, cluster: prdo, url: "https://a.example" }', /6:\d+: .*`prdo` is no configured cluster/],
    ['keys beside a cluster', '{ name: a, cluster: prod, url: "https://a.example", jwks: { file: ./k } }', /does not go with `cluster`/],
    ['algorithms beside a cluster', '{ name: a, cluster: prod, url: "https://a.example", algorithms: [ RS256 ] }', /does not go with/],
    ['access tokens of a cluster', '{ name: a, cluster: prod, url: "https://a.example", tokens: access }', /does not go with/],
    ['another preset for a cluster', '{ name: a, cluster: prod, preset: dex, url: "https://a.example" }', /does not go with/],
    [
      'keys and a cluster for one issuer, which would let keys accept what the cluster refuses',
      '{ name: a, cluster: prod, url: "https://a.example" }, { name: b, preset: kubernetes, url: "https://a.example" }',
      /is taken by an earlier entry/,
    ],
    [
      'two clusters of one issuer that no audience tells apart',
      '{ name: a, cluster: prod, url: "https://a.example" }, { name: b, cluster: edge, url: "https://a.example", audiences: [ "https://b" ] }',
      /audiences do not tell them apart/,
    ],
    ['an unknown preset', '{ name: a, preset: githb-actions }', /did you mean `github-actions`/],
    ['an unknown key', '{ name: a, url: "https://a.example", jwksUri: x }', /unknown key `jwksUri`/],
    ['two of one name', '{ name: a, url: "https://a.example" }, { name: a, url: "https://b.example" }', /`a` is taken/],
    ['two of one URL', '{ name: a, url: "https://a.example" }, { name: b, url: "https://a.example" }', /`https:\/\/a\.example` is taken/],
    ['an empty list', '', /needs at least one entry/],
  ];
  for (const [title, issuers, problem] of refused) it(`refuses ${title}`, () => assert.match(problemsOf(issuers), problem));

  it('takes http for this machine, for a network of one’s own, and where nothing is fetched', () => {
    for (const rest of [
      'url: "http://127.0.0.1:1"',
      'url: "http://[::1]:1"',
      'url: "http://dex.dex", internal: true',
      'url: "http://x.example", jwks: { file: k }',
    ])
      assert.equal(issuersOf(`{ name: a, ${rest} }`).length, 1, rest);
  });
});
