import assert from 'node:assert/strict';
import { globSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { adapterSchemas, type SinkConfig, type SourceConfig } from '#adapters/registry.ts';
import { parseConfig, type Config } from '#config/load-config.ts';
import { limits } from '#core/limits.ts';
import { parsePolicies } from '#policy/parse-policies.ts';
import { headgateVersion } from '#server/version.ts';
import { root } from '../house/house-files.ts';
import {
  listedFiles,
  manifestsIn,
  networkPoliciesOf,
  objectsOf,
  servicesOf,
  setUps,
  workloadsOf,
  type Container,
  type Manifest,
} from './manifests.ts';
import { unrestricted } from './restricted.ts';

const files = globSync('deploy/**/*.yaml', { cwd: root }).filter((file) => !file.endsWith('/kustomization.yaml'));

/** Listener of the Config → the name that Flux gives such a port. */
const portNames = { webhook: 'http-webhook', web: 'http-web', metrics: 'http-prom', health: 'healthz' } as const;

function configOf(objects: readonly Manifest[]): Config<SourceConfig, SinkConfig> {
  const text = objects.find(({ metadata }) => metadata.name === 'headgate-config')?.data?.['headgate.yaml'];
  assert.ok(text);
  return parseConfig({ name: 'headgate.yaml', text }, adapterSchemas, '/etc/headgate/headgate.yaml');
}

const defaults = parseConfig(
  {
    name: 'headgate.yaml',
    text: `{ apiVersion: headgate.dev/v1alpha1, kind: Config, spec: { policies: { path: p }, sources: [{ name: a, type: github, url: "https://github.com", webhook: { secrets: [{ file: s }] } }] } }`,
  },
  adapterSchemas,
  '/etc/headgate/headgate.yaml',
);

function portsOf({ listen }: Pick<typeof defaults, 'listen'>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(portNames).map(([listener, name]) => [name, listen[listener as keyof typeof portNames].port]));
}

/** The mount that a path lies in. */
function mountOf({ volumeMounts }: Container, path: string): Container['volumeMounts'][number] | undefined {
  return volumeMounts
    .filter(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`))
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length)[0];
}

function isSelected(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

describe('the manifests', () => {
  it('are found, and none has an image that changes under its name', () => {
    assert.ok(files.includes('deploy/rbac.yaml') && files.includes('deploy/one/headgate.yaml'), files.join());
    const images = setUps().flatMap((setUp) => workloadsOf(objectsOf(setUp)).flatMap(({ run }) => run.template.spec.containers));
    assert.deepEqual([...new Set(images.map(({ image }) => image))], [`headgate:${headgateVersion()}`]);
  });

  it('grant no right on Secrets, nothing by wildcard, and nobody more rights than one has', () => {
    const rules = files.flatMap((file) => manifestsIn(file).flatMap((object) => object.rules ?? []));
    assert.ok(rules.length > 5);
    for (const { apiGroups, resources, verbs } of rules) {
      assert.ok(!resources.some((resource) => /^secrets?\b/.test(resource)));
      assert.deepEqual(
        [...apiGroups, ...resources, ...verbs].filter((each) => ['*', 'escalate', 'bind', 'impersonate', 'delete'].includes(each)),
        [],
      );
    }
  });

  it('ask for a namespace whose pods are restricted', () => {
    const namespace = manifestsIn('deploy/rbac.yaml').find(({ kind }) => kind === 'Namespace');
    assert.equal(namespace?.metadata.name, 'headgate');
    assert.equal(namespace.metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
  });
});

for (const setUp of setUps()) {
  describe(`the set-up deploy/${setUp}`, () => {
    const objects = objectsOf(setUp);
    const config = configOf(objects);
    const workloads = workloadsOf(objects);
    const containers = workloads.flatMap(({ run }) => run.template.spec.containers.map((container) => ({ container, run })));

    it('is made of every file that lies there', () => {
      const there = readdirSync(join(root, 'deploy', setUp)).filter((file) => file !== 'kustomization.yaml');
      assert.deepEqual([...listedFiles(setUp)].toSorted(), there.toSorted());
    });

    it('lies in one namespace, and says of everything what it belongs to', () => {
      for (const { kind, metadata } of objects) {
        assert.equal(metadata.namespace, 'headgate', `${kind} ${metadata.name}`);
        assert.equal(metadata.labels?.['app.kubernetes.io/name'], 'headgate', `${kind} ${metadata.name}`);
      }
    });

    it('has a Config that loads, with policies about its own clusters and sources', () => {
      const documents = objects.find(({ metadata }) => metadata.name === 'headgate-policies')?.data ?? {};
      const { policies } = parsePolicies(Object.entries(documents).map(([name, text]) => ({ name, text })));
      assert.ok(policies.length > 0);
      const [clusters, sources] = [config.clusters, config.sources].map((named) => named.map(({ name }) => name));
      for (const { targets, changes } of policies) {
        assert.ok(targets.every((target) => clusters?.some((name) => target.clusters.some((glob) => glob.matches(name)))));
        assert.ok(changes.every(({ source }) => sources?.some((name) => source.matches(name))));
      }
    });

    it("opens the Config's ports, which are Headgate's own, under Flux's names", () => {
      assert.deepEqual(portsOf(config), portsOf(defaults));
      for (const { host } of Object.values(config.listen)) assert.equal(host, '0.0.0.0');
      for (const { container } of containers) {
        const opened = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]));
        assert.deepEqual(opened, portsOf(config));
      }
    });

    it('has Services that lead to ports of its pods, webhooks apart from everything else', () => {
      const services = servicesOf(objects);
      for (const { metadata, service } of services) {
        assert.ok(
          workloads.some(({ run }) => isSelected(service.selector, run.template.metadata.labels)),
          metadata.name,
        );
        for (const { name, port, targetPort } of service.ports) {
          assert.equal(targetPort, name);
          assert.equal(port, portsOf(config)[name]);
        }
        const names = service.ports.map(({ name }) => name);
        assert.equal(names.includes('http-webhook'), names.length === 1, metadata.name);
      }
      assert.deepEqual(
        [...new Set(services.flatMap(({ service }) => service.ports.map(({ name }) => name)))].toSorted(),
        Object.values(portNames).toSorted(),
      );
    });

    it('is reached on its own ports alone, and whoever may reach each but that for webhooks is named', () => {
      const policies = networkPoliciesOf(objects);
      for (const { run } of workloads)
        assert.ok(policies.some(({ podSelector }) => isSelected(podSelector.matchLabels, run.template.metadata.labels)));
      for (const { policyTypes, ingress, egress } of policies) {
        assert.deepEqual(policyTypes, ['Ingress', 'Egress']);
        assert.ok(egress.length > 0 && egress.every(({ ports }) => ports.length > 0));
        for (const { from, ports } of ingress) {
          const names = ports.map(({ port }) => port);
          assert.ok(names.every((name) => Object.values<number | string>(portNames).includes(name)));
          assert.equal(from === undefined, names.join() === 'http-webhook', names.join());
        }
      }
    });

    it('runs with no more rights than it needs, on a file system that it cannot write', () => {
      for (const { metadata, run } of workloads) assert.deepEqual(unrestricted(run.template), [], metadata.name);
      const [first] = workloads;
      assert.ok(first);
      const { template } = first.run;
      assert.notDeepEqual(unrestricted({ ...template, spec: { ...template.spec, securityContext: {} } }), []);
    });

    it('selects its own pods, under the account of deploy/rbac.yaml', () => {
      const account = manifestsIn('deploy/rbac.yaml').find(({ kind }) => kind === 'ServiceAccount')?.metadata.name;
      for (const { run } of workloads) {
        assert.ok(isSelected(run.selector.matchLabels, run.template.metadata.labels));
        assert.equal(run.template.spec.serviceAccountName, account);
      }
    });

    it('probes what answers, and gives it the time that an orderly end takes', () => {
      for (const { container, run } of containers) {
        assert.deepEqual(container.livenessProbe.httpGet, { path: '/healthz', port: 'healthz' });
        assert.deepEqual(container.readinessProbe.httpGet, { path: '/readyz', port: 'healthz' });
        const grace = (limits.shutdown.total + limits.shutdown.drain) / 1_000;
        assert.ok(run.template.spec.terminationGracePeriodSeconds >= grace + 5);
      }
    });

    it('bounds memory and asks for what it takes', () => {
      for (const { container } of containers) {
        assert.deepEqual(Object.keys(container.resources.requests).toSorted(), ['cpu', 'memory']);
        assert.ok(container.resources.limits['memory']);
      }
    });

    it('mounts whatever the Config names: what is written where it may be, secrets and policies for reading', () => {
      for (const { container, run } of containers) {
        const config_ = container.env.find(({ name }) => name === 'HEADGATE_CONFIG')?.value ?? '';
        assert.equal(volumeOf(run, mountOf(container, config_)?.name)?.configMap?.name, 'headgate-config');
        assert.ok('path' in config.policies);
        assert.equal(volumeOf(run, mountOf(container, config.policies.path)?.name)?.configMap?.name, 'headgate-policies');
        const data = mountOf(container, config.journal.sqlite?.path ?? '');
        assert.ok(data && data.readOnly !== true && config.dataDirectory !== data.mountPath);
        assert.ok(run.volumeClaimTemplates?.some(({ metadata }) => metadata.name === data.name));
      }
    });

    it('has its secrets in files that others cannot read', () => {
      const named = [...JSON.stringify(config.sources).matchAll(/"file":"([^"]+)"/g)].map(([, path = '']) => path);
      assert.ok(named.length > 0);
      for (const { container, run } of containers) {
        for (const path of named) {
          const mount = mountOf(container, path);
          assert.equal(mount?.readOnly, true, path);
          assert.equal((volumeOf(run, mount.name)?.secret?.defaultMode ?? 0o777) & 0o007, 0, path);
        }
      }
    });
  });
}

function volumeOf(run: ReturnType<typeof workloadsOf>[number]['run'], name: string | undefined) {
  return run.template.spec.volumes.find((volume) => volume.name === name);
}
