import { adapterSchemas } from '#adapters/registry.ts';
import { configSchema } from '#config/schema.ts';
import { inputSchema, type JsonSchema } from '#config/schema-keys.ts';
import { fieldTable } from './field-rows.ts';
import { block, page } from './markdown.ts';

/** What the Config document looks like as written. */
export function configJsonSchema(): JsonSchema {
  return { title: 'Headgate Config', ...inputSchema(configSchema(adapterSchemas)) };
}

export function configPage(): string {
  return page('Config', [
    'One YAML file with one document of kind `Config`, named by `--config` or `HEADGATE_CONFIG`, `./headgate.yaml` otherwise. ' +
      '`headgate init` writes a commented one; `headgate config validate` checks it and names each problem with file, line, column and a hint. ' +
      'The same in JSON Schema, for editors: [config.schema.json](config.schema.json).',
    '## Example',
    block('yaml', configExample),
    '## Fields',
    fieldTable(configJsonSchema()),
    '## Paths',
    "Relative paths are relative to the config file's directory.",
    '## Names',
    'Names of clusters, sources and sinks are lower-case letters, digits and inner hyphens, at most 63, and unique. They appear in policies, webhook URLs, target keys and metric labels.',
    '## Durations',
    "Go's syntax as Flux uses it, with days: `30d`, `10m`, `1h30m`.",
    '## Secrets',
    'A secret is never written into the Config. A reference names a file (`{ file: … }`) or an environment variable (`{ env: … }`). ' +
      'Where a list of references stands, every value of it is live, so that a secret can be rotated without a gap: add the new one, change it at the forge, remove the old one. ' +
      'Files are looked at once a second and read again when they change, also through the symlink swap of a mounted Kubernetes Secret. ' +
      'One newline at the end of a file is not part of the secret. Values shorter than 16 characters are refused. ' +
      'A file that vanishes has no live value from then on, and one warning in the log. At the start each source, and each webhook of `spec.tell`, needs at least one usable secret.',
    '## Reloading',
    'Policies and secrets are read again by themselves. A change of the Config itself needs a restart.',
  ]);
}

export const configExample = `
apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  listen: { webhook: "0.0.0.0:9292", web: "127.0.0.1:9080", metrics: "0.0.0.0:8080", health: "0.0.0.0:9440" }
  journal: { sqlite: { path: /var/lib/headgate/headgate.db } }
  clusters:
    - { name: prod, kubeconfig: { path: ./kubeconfig, context: prod } }
    - { name: here, inCluster: {} }
  sources:
    - name: hub
      type: github
      url: https://github.com
      aliases: ["https://git.mirror.example/org"] # other addresses under which clusters know its repositories
      webhook:
        secrets: [{ file: /run/secrets/hub }, { file: /run/secrets/hub-next }]
  policies: { path: ./policies }
  web: { url: "https://headgate.example.com" }
  identity:
    audience: https://headgate.example.com
    issuers:
      - { name: actions, preset: github-actions }
      - { name: corp, preset: keycloak, url: "https://keycloak.example.com/realms/corp" }
    login: { issuer: corp, clientId: headgate, clientSecret: { file: /run/secrets/login }, allow: [{ groups: [sre] }] }
  tell:
    - { name: alerts, flux: { cluster: here } }
    - { name: audit, webhook: { url: "https://hooks.example.com/headgate", secrets: [{ file: /run/secrets/audit }] } }
  retention: { bodies: 30d, records: 400d }
  tls: { webhook: { cert: { file: /run/tls/tls.crt }, key: { file: /run/tls/tls.key } } }
  trustedProxies: [10.0.0.0/8]
  log: { level: info, encoding: json }
`.trimStart();
