import assert from 'node:assert/strict';
import { jwtAlgorithms } from '#core/jwt-algorithms.ts';
import { HeadgateError } from '#core/errors.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import type { TokenReview } from '#core/ports/token-reviews.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import type { Issuer } from '#identity/issuer.ts';
import { TokenRefused } from '#identity/refusal.ts';
import { TokenVerifier } from '#identity/verifier.ts';
import { verifyToken } from '#identity/verify-token.ts';
import { AUDIENCE, NOW, compact, goodClaims } from './signer.ts';

const SUB = 'system:serviceaccount:ci:deployer';
const ISS = 'https://kubernetes.default.svc';

describe('a token that its cluster is asked about', () => {
  let said: TokenReview;
  let asked: { readonly cluster: string; readonly audiences: readonly string[] }[];

  beforeEach(() => {
    said = { authenticated: true, user: SUB, audiences: [AUDIENCE], error: null };
    asked = [];
  });

  const issuerOf = (cluster: string, audiences: readonly string[] = [AUDIENCE]): Issuer => ({
    name: `${cluster}-sa`,
    preset: null,
    url: ISS,
    cluster,
    algorithms: jwtAlgorithms,
    audiences,
    tokens: 'id',
    maxLifetime: 60 * 60_000,
    serviceAccounts: true,
    proof: {
      review: (_token, about) => {
        asked.push({ cluster, audiences: about });
        return Promise.resolve(said);
      },
    },
  });
  const token = (over: object = {}, header: object = { alg: 'RS256', kid: 'k' }): string =>
    compact(header, goodClaims({ iss: ISS, sub: SUB, aud: [AUDIENCE], ...over }));
  const verify = (compacted = token(), issuers: readonly Issuer[] = [issuerOf('prod')]) => verifyToken(issuers, compacted, NOW);

  async function refused(reason: string, compacted?: string, issuers?: readonly Issuer[]): Promise<void> {
    await assert.rejects(verify(compacted, issuers), (error) => {
      assert.ok(error instanceof TokenRefused, String(error));
      assert.equal(error.reason, reason, error.message);
      return true;
    });
  }

  it('is of the service account that the cluster names', async () => {
    const { subject } = await verify();
    assert.deepEqual([subject.issuer, subject.iss, subject.sub], ['prod-sa', ISS, SUB]);
    assert.deepEqual(asked, [{ cluster: 'prod', audiences: [AUDIENCE] }]);
  });

  it('is refused when the cluster does not accept it, in its words', async () => {
    said = { authenticated: false, user: null, audiences: [], error: 'service account token has been invalidated' };
    await assert.rejects(verify(), /has been invalidated/);
    await refused('review-refused');
  });

  it('is refused when the cluster does not say that it looked at the audience, or names another', async () => {
    said = { ...said, audiences: [] };
    await refused('audience');
    said = { ...said, audiences: [AUDIENCE, 'https://other.example.com'] };
    await refused('audience');
  });

  it('is refused when it is another account to the cluster, or none', async () => {
    said = { ...said, user: 'system:serviceaccount:ci:other' };
    await refused('reserved-name');
    said = { ...said, user: null };
    await refused('reserved-name');
  });

  it('is not asked about when it would be refused anyway', async () => {
    await refused('audience', token({ aud: [AUDIENCE, 'https://kubernetes.default.svc'] }));
    await refused('expired', token({ iat: NOW / 1_000 - 900, exp: NOW / 1_000 - 600 }));
    await refused('reserved-name', token({ sub: 'system:masters' }));
    await refused('reserved-name', token({ sub: 'system:node:worker-1' }));
    await refused('reserved-name', token({ groups: ['system:masters'] }));
    await refused('algorithm', token({}, { alg: 'none' }));
    await refused('algorithm', token({}, { alg: 'HS256' }));
    assert.deepEqual(asked, []);
  });

  it('is shown to no other cluster than the one whose audience it names', async () => {
    const both = [issuerOf('one', ['https://one']), issuerOf('two', ['https://two'])];
    said = { ...said, audiences: ['https://two'] };
    assert.equal((await verify(token({ aud: ['https://two'] }), both)).subject.issuer, 'two-sa');
    await refused('audience', token({ aud: ['https://one', 'https://two'] }), both);
    await refused('audience', token({ aud: 'https://three' }), both);
    assert.deepEqual(asked, [{ cluster: 'two', audiences: ['https://two'] }]);
  });

  it('is answered with a code of its own, and never believed, while the cluster cannot be asked', async () => {
    const away: Issuer = {
      ...issuerOf('prod'),
      proof: { review: () => Promise.reject(new HeadgateError('CLUSTER_UNREACHABLE', 'prod: away')) },
    };
    await refused('review-unavailable', token(), [away]);
    const clock = new SimulatedClock(NOW);
    const counted: string[] = [];
    const metrics = { verified: (issuer: string, result: string) => void counted.push(`${issuer} ${result}`) };
    await assert.rejects(new TokenVerifier([away], { clock, log: silentLog, metrics }).verify(token(), '192.0.2.7'), (error) => {
      assert.ok(error instanceof HeadgateError);
      assert.deepEqual([error.code, error.status], ['TOKEN_REVIEW_UNAVAILABLE', 503]);
      assert.doesNotMatch(error.message, /away/, 'what the cluster said is for the log');
      return true;
    });
    assert.deepEqual(counted, ['prod-sa review-unavailable']);
  });
});
