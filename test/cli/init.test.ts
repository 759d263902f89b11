import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeKubeconfig } from '#sandbox/kubeconfig.ts';
import { loadHeadgateConfig } from '#server/main.ts';
import { runHeadgate } from './run-headgate.ts';

describe('headgate init', () => {
  let cwd: string;
  let env: Readonly<Record<string, string>>;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'headgate-init-'));
    env = { HOME: cwd };
  });
  afterEach(() => rm(cwd, { recursive: true }));

  const kubeconfig = writeKubeconfig({ context: 'admin@Prod_EU', server: 'https://192.0.2.1', token: 'x' });
  const load = () => loadHeadgateConfig(join(cwd, 'headgate.yaml'), {});

  it('finds the repository and the cluster, and writes what serve accepts', async () => {
    execFileSync('git', ['init', '--quiet'], { cwd });
    execFileSync('git', ['remote', 'add', 'origin', 'git@github.com:org/app.git'], { cwd });
    await mkdir(join(cwd, '.kube'));
    await writeFile(join(cwd, '.kube/config'), kubeconfig);
    const { code, stdout, stderr } = await runHeadgate(['init'], { cwd, env });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /✔ .*headgate\.yaml\n✔ .*first\.yaml\n✔ .*github-webhook\n/);
    assert.match(stderr, /https:\/\/github\.com\/org\/app\/settings\/hooks\/new/);
    const { config, policies } = await load();
    assert.deepEqual(
      config.clusters.map(({ name, kubeconfig: used }) => [name, used?.context]),
      [['admin-prod-eu', 'admin@Prod_EU']],
    );
    assert.deepEqual(
      policies?.policies.map(({ name, mode }) => [name, mode]),
      [['first', 'enforce']],
    );
  });

  it('takes what it is told over what it finds', async () => {
    await writeFile(join(cwd, 'kube'), kubeconfig);
    const args = ['init', '--repository', 'https://ghe.example.com/team/shop', '--kubeconfig', 'kube', '--namespace', 'shop'];
    assert.equal((await runHeadgate(args, { cwd, env })).code, 0);
    const { config } = await load();
    assert.deepEqual([config.sources[0]?.url, config.clusters[0]?.kubeconfig?.path], ['https://ghe.example.com', join(cwd, 'kube')]);
    const policy = await readFile(join(cwd, 'policies/first.yaml'), 'utf8');
    assert.match(policy, /namespaces: \["shop"\]/);
    assert.match(policy, /repositories: \["team\/shop"\]/);
  });

  for (const context of ['007', 'null', 'true', '1e3']) {
    it(`writes what loads for a context named ${context}`, async () => {
      await writeFile(join(cwd, 'kube'), writeKubeconfig({ context, server: 'https://192.0.2.1', token: 'x' }));
      await runHeadgate(['init', '--repository', 'org/app', '--kubeconfig', 'kube'], { cwd, env });
      assert.deepEqual(
        (await load()).config.clusters.map(({ name }) => name),
        [context],
      );
    });
  }

  it('makes a secret of 256 random bits that only its owner can read, and keeps it out of git', async () => {
    await runHeadgate(['init', '--repository', 'org/app'], { cwd, env });
    const file = join(cwd, 'secrets/github-webhook');
    assert.match(await readFile(file, 'utf8'), /^[0-9a-f]{64}\n$/);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal(await readFile(join(cwd, 'secrets/.gitignore'), 'utf8'), '*\n');
  });

  it('knows the cluster that it runs in', async () => {
    await runHeadgate(['init', '--repository', 'org/app'], { cwd, env: { ...env, KUBERNETES_SERVICE_HOST: '10.0.0.1' } });
    assert.match(await readFile(join(cwd, 'headgate.yaml'), 'utf8'), /- name: "in-cluster"\n {6}inCluster: \{\}/);
  });

  it('writes a config without clusters and says so when it finds none', async () => {
    const { code, stderr } = await runHeadgate(['init', '--repository', 'org/app'], { cwd, env });
    assert.equal(code, 0);
    assert.match(stderr, /no kubeconfig was found: add a cluster/);
    assert.deepEqual((await load()).config.clusters, []);
  });

  it('writes over nothing, and nothing at all when one file is there', async () => {
    await mkdir(join(cwd, 'policies'));
    await writeFile(join(cwd, 'policies/first.yaml'), 'mine');
    const { code, stderr } = await runHeadgate(['init', '--repository', 'org/app'], { cwd, env });
    assert.equal(code, 2);
    assert.match(stderr, /first\.yaml is there already \[USAGE\]\n.*--dir/);
    assert.equal(await readFile(join(cwd, 'policies/first.yaml'), 'utf8'), 'mine');
    await assert.rejects(stat(join(cwd, 'headgate.yaml')), { code: 'ENOENT' });
  });

  describe('of Mercurial', () => {
    const given = ['init', '--type', 'hg', '--repository', 'https://hg.example.com/team/infra'];
    const oci = 'oci://registry.example.com/infra-pay:default';
    const source = async () => {
      const [found] = (await load()).config.sources;
      if (found?.type !== 'hg') throw new Error('it is no source of Mercurial');
      return found;
    };

    it('writes a source that is read back by hgweb, and what it publishes', async () => {
      const { code, stdout, stderr } = await runHeadgate([...given, '--oci', oci, '--path', '/apps/pay/'], { cwd, env });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /✔ .*first\.yaml\n✔ .*secrets\/hg-hook\n$/);
      assert.match(stderr, /headgate hg install-hook .*--base https:\/\/hg\.example\.com\/team /);
      const { url, web, publish, registries } = await source();
      assert.deepEqual([url, web], ['https://hg.example.com/team', {}]);
      assert.deepEqual(publish, [{ repository: 'infra', ref: 'branch:default', path: 'apps/pay', oci, chart: false }]);
      assert.deepEqual(registries, [{ host: 'registry.example.com', plainHttp: false }]);
      const policy = await readFile(join(cwd, 'policies/first.yaml'), 'utf8');
      assert.match(policy, /source: hg\n\s+repositories: \["infra"\]\n\s+refs: \["branch:default"\]/);
      assert.equal((await load()).policies?.policies.length, 1);
      assert.match(await readFile(join(cwd, 'secrets/hg-hook'), 'utf8'), /^[0-9a-f]{64}\n$/);
    });

    it('writes clones for SSH, and says how its files are made', async () => {
      const ssh = [
        'init',
        '--type',
        'hg',
        '--repository',
        'ssh://hg@hg.example.com:2222//srv/hg/infra',
        '--oci',
        'oci://127.0.0.1:5000/infra:default',
      ];
      const { stderr } = await runHeadgate(ssh, { cwd, env });
      const { url, clone, registries } = await source();
      assert.deepEqual([url, clone?.ssh?.key.file], ['ssh://hg@hg.example.com:2222//srv/hg', join(cwd, 'secrets/hg-key')]);
      assert.deepEqual(registries, [{ host: '127.0.0.1:5000', plainHttp: true }]);
      assert.match(stderr, /ssh-keygen .*secrets\/hg-key[^]*ssh-keyscan -p 2222 hg\.example\.com/);
    });

    it('finds in a clone where that is from, and its branch', async () => {
      const bin = join(cwd, 'bin');
      await mkdir(bin);
      await writeFile(join(bin, 'hg'), '#!/bin/sh\ncase "$1" in paths) echo https://hg.example.com/infra;; branch) echo stable;; esac\n', {
        mode: 0o755,
      });
      const { code, stderr } = await runHeadgate(['init', '--oci', oci], { cwd, env: { ...env, PATH: `${bin}:${process.env['PATH']}` } });
      assert.equal(code, 0, stderr);
      const { url, publish } = await source();
      assert.deepEqual([url, publish[0]?.repository, publish[0]?.ref], ['https://hg.example.com', 'infra', 'branch:stable']);
    });

    const faults: readonly (readonly [string, readonly string[], RegExp])[] = [
      ['no registry', given, /none is named.*\n.*--oci oci:\/\//],
      ['an address without a tag', [...given, '--oci', 'oci://registry.example.com/infra'], /is no address with a tag/],
      ['no repository', ['init', '--type', 'hg', '--oci', oci], /no clone of a Mercurial repository.*\n.*--repository https/],
      ['a path', ['init', '--type', 'hg', '--repository', '/srv/hg/infra', '--oci', oci], /\/srv\/hg\/infra is no URL of a repository/],
      [
        'a password',
        ['init', '--type', 'hg', '--repository', 'https://a:hunter2@hg.example.com/infra', '--oci', oci],
        /https:\/\/…@hg\.example\.com\/infra is no URL/,
      ],
    ];
    for (const [what, args, pattern] of faults) {
      it(`refuses ${what} with what to give instead`, async () => {
        const { code, stderr } = await runHeadgate(args, { cwd, env: { ...env, PATH: '/nowhere' } });
        assert.equal(code, 2);
        assert.match(stderr, pattern);
        assert.doesNotMatch(stderr, /hunter2/);
      });
    }
  });

  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no repository', ['init'], /no checkout of a repository on github\.com.*\n.*--repository org\/app/],
    ['a repository that is none', ['init', '--repository', 'app'], /app is not a repository on GitHub/],
    [
      'a kubeconfig that is none',
      ['init', '--repository', 'org/app', '--kubeconfig', 'nothing'],
      /nothing is not a kubeconfig.*KUBECONFIG_INVALID/,
    ],
    [
      'a context that is not there',
      ['init', '--repository', 'org/app', '--kubeconfig', 'kube', '--context', 'x'],
      /no context x .*\n.*it has: admin@Prod_EU/,
    ],
  ];
  for (const [what, args, pattern] of refused) {
    it(`refuses ${what} with what to give instead`, async () => {
      await writeFile(join(cwd, 'kube'), kubeconfig);
      const { code, stderr } = await runHeadgate(args, { cwd, env });
      assert.equal(code, 2);
      assert.match(stderr, pattern);
    });
  }
});
