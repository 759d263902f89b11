import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import type { ManifestChecks } from '#core/ports/manifest-checks.ts';
import type { Renderer } from '#core/ports/renderer.ts';
import { preflight, type Preflighting } from '#handlers/preflight/preflight.ts';
import { Flow } from '../flow.ts';
import { sampleSource, sha, target } from '../samples.ts';

const consumerIn = (...namespaces: readonly string[]) => ({
  object: { ...target, kind: 'Kustomization' },
  suspended: false,
  namespaces,
  unbounded: false,
  remote: false,
  paths: null,
});

const question = { repository: 'org/app', ref: 'refs/heads/main', revision: sha('b') };
const web = {
  path: 'web.yaml',
  text: 'apiVersion: v1\nkind: Pod\nmetadata: { name: web, namespace: apps }\nspec: { imagePullSecrets: [ { name: pull } ] }\n',
};

describe('preflight', () => {
  let flow: Flow;
  let deps: Preflighting;
  let asked: (readonly [string, ...unknown[]])[];
  let checks: ManifestChecks;
  let renderer: Renderer;
  beforeEach(async () => {
    flow = await Flow.open();
    asked = [];
    checks = {
      validate: (cluster, manifests) => {
        asked.push(['validate', cluster, manifests.map(({ kind, name }) => `${kind} ${name}`)]);
        return Promise.resolve([]);
      },
      secrets: (cluster, names) => {
        asked.push(['secrets', cluster, names.map(({ namespace, name }) => `${namespace}/${name}`)]);
        return Promise.resolve(names.map(() => true));
      },
    };
    renderer = { render: () => Promise.reject(new HeadgateError('TOOL_MISSING', 'none')) };
    deps = {
      ...flow.deps,
      manifestChecks: { validate: (...all) => checks.validate(...all), secrets: (...all) => checks.secrets(...all) },
      renderer: { render: (...all) => renderer.render(...all) },
    };
    flow.clusters.put(sampleSource({ branch: 'main' }), [consumerIn('apps')]);
  });
  afterEach(() => flow.close());

  const codes = async (files: Parameters<typeof preflight>[1]['files']) => {
    const { verdict, findings } = await preflight(deps, { ...question, files });
    return [verdict, findings.map(({ code, severity }) => `${severity} ${code}`)];
  };

  it('holds objects against the clusters that would run them, and asks for the Secrets that they need', async () => {
    const { verdict, findings, manifests, against, explanation } = await preflight(deps, { ...question, files: [web] });
    assert.deepEqual([verdict, findings, manifests, against, explanation.targets.length], ['pass', [], 1, ['prod'], 1]);
    assert.deepEqual(asked, [
      ['validate', 'prod', ['Pod web']],
      ['secrets', 'prod', ['apps/pull']],
    ]);
  });

  it('holds them against saved schemas where no cluster follows the repository', async () => {
    const { against } = await preflight(deps, { ...question, repository: 'org/other', source: 'hub', files: [web] });
    assert.deepEqual([against, asked], [[null], [['validate', null, ['Pod web']]]]);
  });

  it('warns of a Secret that is missing, and says when it may not look', async () => {
    checks.secrets = () => Promise.resolve([false]);
    assert.deepEqual(await codes([web]), ['pass', ['warning secret-missing']]);
    checks.secrets = () => Promise.resolve([undefined]);
    assert.deepEqual(await codes([web]), ['pass', ['unknown secrets-unseen']]);
  });

  it('does not look into namespaces that would not move', async () => {
    await preflight(deps, { ...question, files: [{ ...web, text: web.text.replace('namespace: apps', 'namespace: kube-system') }] });
    assert.deepEqual(asked[1], ['secrets', 'prod', []]);
  });

  it('looks where it is applied for what has no namespace, if that is one', async () => {
    await preflight(deps, { ...question, files: [{ ...web, text: web.text.replace(', namespace: apps', '') }] });
    assert.deepEqual(asked[1], ['secrets', 'prod', ['apps/pull']]);
  });

  it('refuses what does not parse, what holds secrets and what its schema does not take, the worst first', async () => {
    checks.validate = () => Promise.resolve([{ code: 'schema-invalid', severity: 'error', path: 'web.yaml', line: 1, message: 'no' }]);
    checks.secrets = () => Promise.resolve([false]);
    const secret = { path: 's.yaml', text: 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { a: b }\n' };
    const broken = { path: 'b.yaml', text: 'a: [' };
    assert.deepEqual(await codes([web, secret, broken]), [
      'refuse',
      ['error yaml-invalid', 'error secret-in-clear', 'error schema-invalid', 'warning secret-missing'],
    ]);
  });

  it('says that it would not be deployed, and refuses nothing for it', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }), [consumerIn('elsewhere')]);
    const { verdict, findings } = await preflight(deps, { ...question, files: [] });
    assert.deepEqual([verdict, findings.map(({ code }) => code)], ['pass', ['denied']]);
    assert.match(findings[0]?.message ?? '', /would not run it: no policy is about namespace elsewhere/);
  });

  describe('with overlays', () => {
    const overlay = { path: 'prod/kustomization.yaml', text: 'resources: [ web.yaml ]\npatches: [ { path: patch.yaml } ]\n' };
    const resource = { ...web, path: 'prod/web.yaml' };
    const patch = { path: 'prod/patch.yaml', text: '- op: remove\n  path: /spec\n' };

    it('looks at what they are built to', async () => {
      renderer.render = (_files, directories) =>
        Promise.resolve(directories.map((directory) => ({ directory, yaml: web.text.replace('name: web', 'name: built') })));
      assert.deepEqual(await codes([overlay, resource, patch]), ['pass', []]);
      assert.deepEqual(asked[0], ['validate', 'prod', ['Pod built']]);
    });

    it('refuses what cannot be built', async () => {
      renderer.render = () => Promise.resolve([{ directory: 'prod', unbuilt: 'no such file', isWrong: true }]);
      assert.deepEqual(await codes([overlay]), ['refuse', ['error render-failed']]);
    });

    it('says what was not built without anybody being to blame', async () => {
      renderer.render = () => Promise.resolve([{ directory: 'prod', unbuilt: 'too many', isWrong: false }]);
      assert.deepEqual(await codes([overlay]), ['pass', ['unknown not-rendered']]);
    });

    it('looks at the resources as they lie there without kustomize, and not at patches', async () => {
      assert.deepEqual(await codes([overlay, resource, patch]), ['pass', ['unknown not-rendered']]);
      assert.deepEqual(asked[0], ['validate', 'prod', ['Pod web']]);
    });

    it('builds nothing that would fetch something', async () => {
      renderer.render = () => assert.fail('it must not be built');
      assert.deepEqual(await codes([{ ...overlay, text: 'resources: [ https://example.com/x.yaml ]' }]), ['refuse', ['error remote-base']]);
    });
  });

  it('answers in time when a cluster does not, and says so', async () => {
    const clock = new SimulatedClock();
    deps = { ...deps, clock };
    checks.validate = (_cluster, _manifests, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => clock.after(60_000, () => resolve([]))));
    const answer = preflight(deps, { ...question, files: [web] });
    await clock.advance(limits.preflight.deadline);
    const { verdict, findings } = await answer;
    assert.deepEqual([verdict, findings.map(({ code, severity }) => `${severity} ${code}`)], ['pass', ['unknown too-slow']]);
  });

  it('builds and holds against schemas while a slow second authority is asked, and takes its silence for a denial', async () => {
    const clock = new SimulatedClock();
    const waited = Promise.withResolvers<void>();
    const authority = { known: () => null, ask: () => new Promise<never>(() => {}) };
    deps = { ...deps, clock, authority };
    checks.validate = () => {
      waited.resolve();
      return Promise.resolve([]);
    };
    const subject = { issuer: 'corp', iss: 'https://login.example.com', sub: 'ada', claims: {} };
    const answer = preflight(deps, { ...question, subject, files: [web] });
    await waited.promise; // and no time has passed
    assert.equal(clock.monotonic(), 0);
    await clock.advance(limits.preflight.deadline);
    const { verdict, findings, manifests } = await answer;
    assert.deepEqual([verdict, manifests, findings.map(({ code }) => code)], ['pass', 1, ['denied']]);
    assert.deepEqual(asked, [['secrets', 'prod', ['apps/pull']]]);
  });
});
