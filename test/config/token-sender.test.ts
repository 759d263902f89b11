import assert from 'node:assert/strict';
import { adapterSchemas } from '#adapters/registry.ts';
import { parseConfig } from '#config/load-config.ts';
import { HeadgateError } from '#core/errors.ts';

const identity =
  '  identity: { audience: "https://headgate.example.com", issuers: [ { name: corp, url: "https://login.example.com" } ] }\n';

function problemsOf(webhook: string, more = identity, type = 'hg'): string {
  const source = `{ name: hg, type: ${type}, url: "https://hg.example.com", web: {}, webhook: ${webhook} }`;
  const text = `apiVersion: headgate.dev/v1alpha1\nkind: Config\nspec:\n  clusters: []\n  sources: [ ${source} ]\n  policies: { path: ./policies }\n${more}`;
  try {
    parseConfig({ name: 'headgate.yaml', text }, adapterSchemas, '/etc/headgate/headgate.yaml');
    return '';
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
}

describe('spec.sources[].webhook.tokens', () => {
  const host = '{ issuer: corp, match: { sub: host/hg, site: north, level: 2, internal: true } }';

  it('may stand instead of secrets, and beside them', () => {
    assert.equal(problemsOf(`{ tokens: [ ${host} ] }`), '');
    assert.equal(problemsOf(`{ tokens: [ ${host} ], secrets: [ { file: ./hg } ] }`), '');
  });

  for (const [webhook, message] of [
    ['{}', /at least one of `secrets` and `tokens`/],
    ['{ tokens: [], secrets: [] }', /at least one of `secrets` and `tokens`/],
    ['{ tokens: [ { issuer: corp } ] }', /`match` is missing/],
    ['{ tokens: [ { issuer: corp, match: { site: north } } ] }', /`sub` is missing/],
    ['{ tokens: [ { issuer: corp, match: { sub: "" } } ] }', /tokens\[0\]\.match\.sub/],
    ['{ tokens: [ { issuer: corp, match: { sub: host/hg, site: [ north ] } } ] }', /tokens\[0\]\.match\.site/],
    ['{ tokens: [ { issuer: crop, match: { sub: host/hg } } ] }', /`crop` is no configured issuer[^]*one of: corp/],
  ] as const)
    it(`refuses ${webhook}`, () => assert.match(problemsOf(webhook), message));

  it('is for the hook: hosts with webhooks of their own show none', () => {
    assert.match(problemsOf(`{ tokens: [ ${host} ] }`, identity, 'rhodecode'), /is for the hook of `type: hg`: the webhooks of rhodecode/);
  });

  it('names what to add where no issuer is configured at all', () => {
    assert.match(problemsOf(`{ tokens: [ ${host} ] }`, ''), /`corp` is no configured issuer[^]*add it to spec.identity.issuers/);
  });
});
