import assert from 'node:assert/strict';
import { senderChecks } from '#server/checks/senders.ts';

const corp = { name: 'corp', url: 'https://login.example.com', audiences: [], serviceAccounts: false };
const prod = { name: 'prod', url: '', audiences: ['headgate'], serviceAccounts: true };
const identity = { audience: 'https://headgate.example.com', issuers: [corp, prod] };
const account = 'system:serviceaccount:hg:hgweb';

const found = async (issuer: string, match: object, of: typeof identity | undefined = identity) => {
  const checks = senderChecks({ identity: of, sources: [{ name: 'hg', webhook: { secrets: [], tokens: [{ issuer, match }] } }] });
  return (await Promise.all(checks.map(({ run }) => run()))).flat();
};
const said = async (...asked: Parameters<typeof found>) =>
  (await found(...asked)).map(({ code, about, severity, message }) => `${code} ${about} ${severity} ${message}`);

describe('a check of whose tokens a source takes', () => {
  it('says who it is, and which audience the token must have', async () => {
    assert.deepEqual(await said('corp', { sub: 'hg', iss: corp.url, aud: identity.audience }), [
      'SOURCE_SENDER source hg good takes what hg of issuer corp sends with a token for https://headgate.example.com',
    ]);
    assert.deepEqual(await said('prod', { sub: account }), [
      `SOURCE_SENDER source hg good takes what ${account} of issuer prod sends with a token for headgate`,
    ]);
  });

  const never: readonly (readonly [string, object, RegExp])[] = [
    ['other', { sub: 'hg' }, /not in spec\.identity\.issuers/],
    ['prod', { sub: 'hg' }, /`sub` of its tokens is `system:serviceaccount:/],
    ['corp', { sub: account }, /taken of clusters alone/],
    ['corp', { sub: 'hg', iss: 'https://login.example.com/' }, /`iss` of its tokens is https:\/\/login\.example\.com$/],
    ['corp', { sub: 'hg', aud: 'else' }, /`aud` has to be https:\/\/headgate\.example\.com$/],
    ['prod', { sub: account, aud: 'headgate' }, /`aud` of its tokens is a list/],
    ['corp', { sub: 'hg', exp: 1 }, /`exp` is another one in each token/],
  ];
  for (const [issuer, match, why] of never)
    it(`is bad where none can match: ${issuer} ${JSON.stringify(match)}`, async () => {
      const [only] = await found(issuer, match);
      assert.equal(only?.severity, 'bad');
      assert.match(only.message, why);
      assert.match(only.mend ?? '', /mercurial-hook\.md/);
    });

  it('looks at no source that takes none', () => {
    assert.deepEqual(senderChecks({ identity, sources: [{ name: 'hub', webhook: { secrets: [] } }, { name: 'plain' }] }), []);
  });
});
