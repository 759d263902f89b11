import { X509Certificate } from 'node:crypto';
import { expiryFinding } from '#core/expiry.ts';
import { finding, type Finding } from '#core/finding.ts';
import { unverifiedClaims } from '#core/unverified-claims.ts';
import type { ClusterAccess } from '../credentials.ts';

/** What a kubeconfig or a pod's account holds, when it ends, and whether the server behind it is known to be the right one. */
export async function credentialFindings(access: ClusterAccess, about: string, now: number): Promise<readonly Finding[]> {
  const { headers, tls } = await access.credentials();
  const { authorization } = headers;
  const token =
    typeof authorization === 'string' && authorization.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : undefined;
  return [
    ...(token === undefined ? [] : [tokenFinding(token, access.renews, about, now)]),
    ...(tls.cert === undefined ? [] : [certificateFinding(tls.cert, access.renews, about, now)]),
    ...(access.server.protocol === 'http:' || tls.rejectUnauthorized ? [] : [unverified(about)]),
  ];
}

function tokenFinding(token: string, renewed: boolean, about: string, now: number): Finding {
  const endsAt = jwtEnd(token);
  if (endsAt !== undefined) return expiryFinding({ code: 'CLUSTER_CREDENTIAL', about, what: 'token', endsAt, now, renewed });
  const message = renewed ? 'token: it does not say when it expires; it is renewed' : 'token: it does not say when it expires';
  return finding('CLUSTER_CREDENTIAL', about, 'unknown', message, {
    without: 'Everything works until it expires or is revoked; then the cluster refuses everything.',
  });
}

/** `exp` of a JWT (RFC 7519 §4.1.4) in milliseconds. Nothing is believed of it: it is shown. */
function jwtEnd(token: string): number | undefined {
  const exp = unverifiedClaims(token)?.['exp'];
  return typeof exp === 'number' ? exp * 1_000 : undefined;
}

function certificateFinding(pem: string, renewed: boolean, about: string, now: number): Finding {
  const { validTo } = new X509Certificate(pem);
  const own = {
    mend: 'Issue a new client certificate (`kubectl certificate`, or your provider) and put it into the kubeconfig: it is read again.',
  };
  const what = 'client certificate';
  return expiryFinding({ code: 'CLUSTER_CREDENTIAL', about, what, endsAt: Date.parse(validTo), now, renewed, own });
}

function unverified(about: string): Finding {
  return finding('CLUSTER_CREDENTIAL', about, 'warning', 'insecure-skip-tls-verify: whoever stands between can read the token', {
    without: 'Everything works; who answers is not known.',
    mend: 'Put `certificate-authority-data` into the kubeconfig in place of `insecure-skip-tls-verify`.',
  });
}
