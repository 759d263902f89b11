import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';

/** Writes a kubeconfig with one cluster, one user and one context, all called `context`. */
export function writeKubeconfig(file: string, context: string, access: { server: string; caFile: string; token: string }): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    clusters: [{ name: context, cluster: { server: access.server, 'certificate-authority': access.caFile } }],
    users: [{ name: context, user: { token: access.token } }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
  };
  writeFileSync(file, stringify(config), { mode: 0o600 });
}
