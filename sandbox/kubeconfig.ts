import { stringify } from 'yaml';

/** A kubeconfig with one context. The server speaks plain HTTP, which clients accept only with `insecure-skip-tls-verify`. */
export function writeKubeconfig({
  context,
  server,
  token,
}: {
  readonly context: string;
  readonly server: string;
  readonly token: string;
}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    clusters: [{ name: context, cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'headgate', user: { token } }],
    contexts: [{ name: context, context: { cluster: context, user: 'headgate' } }],
  });
}
