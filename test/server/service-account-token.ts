import type { FakeCluster } from '#sandbox/fake-cluster.ts';
import { AUDIENCE } from '../identity/signer.ts';

/** A token of a service account in the namespace ci, by the API, as `kubectl create token` asks for it. */
export async function serviceAccountToken(cluster: FakeCluster, name: string, audience = AUDIENCE): Promise<string> {
  const response = await fetch(`${cluster.url}/api/v1/namespaces/ci/serviceaccounts/${name}/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${cluster.token}` },
    body: JSON.stringify({ spec: { audiences: [audience], expirationSeconds: 600 } }),
  });
  return ((await response.json()) as { readonly status: { readonly token: string } }).status.token;
}
