import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { configPath } from '#cli/config-path.ts';
import { findServer } from '#cli/find-server.ts';

const config = (web: string): string => `apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  listen: { web: "${web}" }
  sources: [ { name: hub, type: github, webhook: { secrets: [ { file: ./not-there } ] } } ]
  policies: { path: ./policies }
`;

describe('finding the server', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'headgate-find-'));
  });
  afterEach(() => rm(cwd, { recursive: true }));

  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(cwd, file)), { recursive: true });
    await writeFile(join(cwd, file), text);
  };

  it('reads address and token from ./headgate.yaml, without needing the secrets that it names', async () => {
    await write('headgate.yaml', config('127.0.0.1:9999'));
    await write('data/operator.token', 'a-token\n');
    assert.deepEqual(await findServer({ cwd, env: {} }, {}), { url: 'http://127.0.0.1:9999', token: 'a-token' });
  });

  const addresses: readonly (readonly [string, string])[] = [
    ['0.0.0.0:9080', 'http://127.0.0.1:9080'],
    ['[::]:9080', 'http://[::1]:9080'],
    ['[fd00::7]:9080', 'http://[fd00::7]:9080'],
    ['localhost:9080', 'http://localhost:9080'],
  ];
  for (const [listen, url] of addresses) {
    it(`reaches a server that listens on ${listen} at ${url}`, async () => {
      await write('headgate.yaml', config(listen));
      assert.equal((await findServer({ cwd, env: {} }, {})).url, url);
    });
  }

  it('has no token before the server has made one', async () => {
    await write('headgate.yaml', config('127.0.0.1:9080'));
    assert.equal((await findServer({ cwd, env: {} }, {})).token, null);
  });

  it('never sends the token of a data directory to an address that was named', async () => {
    await write('headgate.yaml', config('127.0.0.1:9080'));
    await write('data/operator.token', 'a-token\n');
    assert.deepEqual(await findServer({ cwd, env: {} }, { server: 'https://elsewhere.example.com/' }), {
      url: 'https://elsewhere.example.com',
      token: null,
    });
  });

  it('takes HEADGATE_SERVER and HEADGATE_TOKEN, and --server before them', async () => {
    const env = { HEADGATE_SERVER: '127.0.0.1:1', HEADGATE_TOKEN: 't' };
    assert.deepEqual(await findServer({ cwd, env }, {}), { url: 'http://127.0.0.1:1', token: 't' });
    assert.deepEqual(await findServer({ cwd, env }, { server: '127.0.0.1:2' }), { url: 'http://127.0.0.1:2', token: 't' });
  });

  for (const server of ['http://', 'http://user@host/', 'host/?x=1', 'a b']) {
    it(`refuses ${server} as an address`, () => assert.rejects(findServer({ cwd, env: {} }, { server }), { code: 'USAGE' }));
  }

  it('says which file it looked for', async () => {
    await assert.rejects(findServer({ cwd, env: {} }, {}), { code: 'CONFIG_UNREADABLE', message: /headgate\.yaml/ });
  });
});

describe('the config that is meant', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'headgate-config-'));
    await mkdir(join(cwd, 'data/sandbox'), { recursive: true });
  });
  afterEach(() => rm(cwd, { recursive: true }));

  it('is --config before HEADGATE_CONFIG before ./headgate.yaml before a sandbox', async () => {
    await writeFile(join(cwd, 'data/sandbox/headgate.yaml'), '');
    assert.equal(configPath({ cwd, env: {} }, undefined), join(cwd, 'data/sandbox/headgate.yaml'));
    await writeFile(join(cwd, 'headgate.yaml'), '');
    assert.equal(configPath({ cwd, env: {} }, undefined), join(cwd, 'headgate.yaml'));
    assert.equal(configPath({ cwd, env: { HEADGATE_CONFIG: 'b.yaml' } }, undefined), join(cwd, 'b.yaml'));
    assert.equal(configPath({ cwd, env: { HEADGATE_CONFIG: 'b.yaml' } }, '/etc/c.yaml'), '/etc/c.yaml');
  });

  it('is ./headgate.yaml when there is none of them, so that the error names it', () => {
    assert.equal(configPath({ cwd, env: {} }, undefined), join(cwd, 'headgate.yaml'));
  });
});
