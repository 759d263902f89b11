import { isMap, parseAllDocuments, parseDocument, stringify } from 'yaml';
import { adapterSchemas } from '#adapters/registry.ts';
import { parseConfig } from '#config/load-config.ts';
import { parsePolicyTests } from '#policy/parse-policy-tests.ts';
import { parsePolicies } from '#policy/parse-policies.ts';

const source = { name: 'hub', type: 'github', webhook: { secrets: [{ file: './secret' }] } };
const config = { apiVersion: 'headgate.dev/v1alpha1', kind: 'Config' };
const spec = { sources: [source], policies: { path: './policies' } };
const policy = { apiVersion: 'headgate.dev/v1alpha1', kind: 'GatePolicy', metadata: { name: 'shown' } };
const rules = {
  targets: [{ clusters: ['prod'], namespaces: ['apps'] }],
  changes: [{ source: 'hub', repositories: ['org/app'], refs: ['refs/heads/main'] }],
};

/** Documents that a fragment can be a part of, with that part in the place of their own. */
const wholes: readonly ((part: object) => object)[] = [
  (part) => ({ ...config, spec: { ...spec, ...part } }),
  (part) => ({ ...config, spec: { ...spec, sources: [{ ...source, ...part }] } }),
  (part) => ({ ...policy, spec: { ...rules, ...part } }),
];

const policyKinds: readonly unknown[] = ['GatePolicy', 'Person', 'Group', 'PersonRule'];

/**
 * What is wrong with YAML that a page shows, or undefined: our own documents must load, objects of Kubernetes must be whole, and
 * anything else must be a part of a Config (of its `spec` or of a source) or of a GatePolicy (of its `spec`).
 */
export function yamlFault(text: string): string | undefined {
  const documents = parseAllDocuments(text);
  const own = documents.filter((document) => document.has('apiVersion') && policyKinds.includes(document.get('kind')));
  // Documents of a policy directory may name each other.
  const together = own.length === 0 ? undefined : loadFault(own.map(String).join('---\n'), 'GatePolicy');
  if (together !== undefined) return together;
  for (const document of documents) {
    const [error] = document.errors;
    if (error) return error.message;
    if (!isMap(document.contents)) return 'not a mapping';
    if (own.includes(document)) continue;
    const value: unknown = document.toJS();
    const fault = document.has('apiVersion') ? documentFault(document.toString(), value as Shown) : partFault(value as object);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

interface Shown {
  readonly apiVersion: unknown;
  readonly kind: unknown;
  readonly metadata?: { readonly name?: unknown };
}

function documentFault(text: string, { apiVersion, kind, metadata }: Shown): string | undefined {
  if (apiVersion === 'headgate.dev/v1alpha1') return loadFault(text, kind);
  return typeof kind === 'string' && typeof metadata?.name === 'string' ? undefined : 'an object without kind or name';
}

function loadFault(text: string, kind: unknown): string | undefined {
  try {
    if (kind === 'Config') parseConfig({ name: 'shown', text }, adapterSchemas, '/etc/headgate/headgate.yaml');
    else if (kind === 'PolicyTest') parsePolicyTests([{ name: 'shown', text }]);
    else parsePolicies([{ name: 'shown', text }]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function partFault(part: object): string | undefined {
  const faults = wholes.map((whole) => {
    const text = stringify(whole(part));
    return loadFault(text, parseDocument(text).get('kind'));
  });
  return faults.includes(undefined) ? undefined : `no part of a Config, a source or a GatePolicy:\n${faults.join('\n')}`;
}
