import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { clusterAccess } from '#k8s/credentials.ts';
import { pki } from './api-server.ts';

const good = `
current-context: one
contexts:
  - { name: one, context: { cluster: a, user: a } }
  - { name: two, context: { cluster: b, user: a } }
  - { name: nouser, context: { cluster: a } }
  - { name: nocluster, context: { cluster: gone, user: a } }
  - { name: socks, context: { cluster: socks, user: a } }
  - { name: proxied, context: { cluster: proxied, user: a } }
  - { name: ftp, context: { cluster: ftp, user: a } }
  - { name: provider, context: { cluster: a, user: provider } }
  - { name: lost, context: { cluster: a, user: lost } }
clusters:
  - { name: a, cluster: { server: "https://a.example:6443" } }
  - { name: b, cluster: { server: "https://b.example" } }
  - { name: socks, cluster: { server: "https://b.example", proxy-url: "socks5://p:1" } }
  - { name: proxied, cluster: { server: "https://b.example", proxy-url: "http://p:1" } }
  - { name: ftp, cluster: { server: "ftp://b.example" } }
users:
  - { name: a, user: { token: x } }
  - { name: provider, user: { auth-provider: { name: gcp } } }
  - { name: lost, user: { client-certificate: missing.crt, client-key: missing.key } }
`;

describe('the configuration of a cluster', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'headgate-kubeconfig-'));
    writeFileSync(join(folder, 'config'), good);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const access = (context?: string, file = 'config'): ReturnType<typeof clusterAccess> =>
    clusterAccess({ name: 'prod', kubeconfig: { path: join(folder, file), context } }, systemClock);

  it('takes the current context, or the one that is named', () => {
    assert.equal(access().server.href, 'https://a.example:6443/');
    assert.equal(access('two').server.href, 'https://b.example/');
    assert.equal(access('proxied').proxy, 'http://p:1');
  });

  const broken: readonly (readonly [string, string, RegExp])[] = [
    ['a context that is not there, and names those that are', 'three', /no context "three" \(it has: one, two/],
    ['a context without a user', 'nouser', /names no user/],
    ['a context whose cluster is missing', 'nocluster', /no cluster "gone"/],
    ['a SOCKS proxy', 'socks', /SOCKS/],
    ['a server that is not HTTP', 'ftp', /http or https/],
    ['the auth-provider that kubectl dropped', 'provider', /exec plugin/],
    ['a certificate file that is missing', 'lost', /missing\.crt/],
  ];
  for (const [what, context, message] of broken) {
    it(`refuses ${what}`, () => assert.throws(() => access(context), { code: 'KUBECONFIG_INVALID', message }));
  }

  it('refuses a file that is missing, is no YAML, or is something else', () => {
    assert.throws(() => access(undefined, 'nothing'), { code: 'KUBECONFIG_INVALID', message: /cluster prod: .*ENOENT/ });
    writeFileSync(join(folder, 'bad'), 'a: [');
    assert.throws(() => access(undefined, 'bad'), { code: 'KUBECONFIG_INVALID' });
    writeFileSync(join(folder, 'bad'), 'contexts: 7');
    assert.throws(() => access(undefined, 'bad'), { code: 'KUBECONFIG_INVALID' });
    writeFileSync(join(folder, 'bad'), '{}');
    assert.throws(() => access(undefined, 'bad'), { code: 'KUBECONFIG_INVALID', message: /no current-context/ });
  });

  it('finds the service account of the pod that it runs in', async () => {
    const account = join(folder, 'account');
    mkdirSync(account);
    assert.throws(() => clusterAccess({ name: 'here', inCluster: {} }, systemClock, account), { code: 'KUBECONFIG_INVALID' });
    writeFileSync(join(account, 'ca.crt'), pki('ca.crt'));
    writeFileSync(join(account, 'token'), 'pod-token\n');
    const pod = clusterAccess({ name: 'here', inCluster: {} }, systemClock, account);
    assert.equal(pod.server.href, 'https://kubernetes.default.svc/');
    const { headers, tls } = await pod.credentials();
    assert.deepEqual(headers, { authorization: 'Bearer pod-token' });
    assert.equal(tls.ca, pki('ca.crt'));
    assert.equal(tls.rejectUnauthorized, true);
  });
});
