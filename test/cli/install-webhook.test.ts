import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runHeadgate, type Ran } from './run-headgate.ts';

type Json = Record<string, unknown>;

/** Answers as Gerrit 3.14 with the webhooks plugin: keys in snake_case, others left out, merged into what is there. */
class FakeRemotes {
  readonly asked: string[] = [];
  readonly bodies: Json[] = [];
  readonly remotes = new Map<string, Json>();
  readonly tokens: Readonly<Record<string, string>> = { admin: 'the-token-of-admin', headgate: 'the-token-of-headgate' };
  hasPlugin = true;
  readonly bounds: Json = {};

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, encoded = ''] = /^Basic (.+)$/.exec(String(request.headers.authorization)) ?? [];
    const [user = '', token] = Buffer.from(encoded, 'base64').toString().split(':');
    const body = await bodyOf(request);
    this.asked.push(`${request.method} ${request.url} as ${user}`);
    const say = (status: number, text: string): void => void response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
    if (this.tokens[user] !== token) return say(401, 'Unauthorized');
    if (request.url === '/a/projects/All-Projects') return say(200, ')]}\'\n{"id":"All-Projects"}');
    const [, project, name] = /^\/a\/config\/server\/webhooks~projects\/([^/]+)\/remotes\/([^/]+)$/.exec(request.url ?? '') ?? [];
    if (!this.hasPlugin || project !== 'All-Projects' || name === undefined) return say(404, 'Not found');
    if (request.method === 'PUT' && user !== 'admin') return say(403, 'not allowed to update webhooks');
    if (request.method === 'PUT') this.#write(name, JSON.parse(body) as Json);
    const remote = this.remotes.get(name);
    return remote ? say(200, `)]}'\n${JSON.stringify(remote)}`) : say(404, 'Not found: headgate');
  }

  #write(name: string, body: Json): void {
    this.bodies.push(body);
    this.remotes.set(name, { ...this.remotes.get(name), ...body, ...this.bounds });
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const secret = 'a secret/for tests';

describe('headgate gerrit install-webhook', () => {
  let directory: string;
  let server: Server;
  let gerrit: FakeRemotes;

  beforeEach(async () => {
    gerrit = new FakeRemotes();
    server = createServer((request, response) => void gerrit.answer(request, response)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    directory = await mkdtemp(join(tmpdir(), 'headgate-webhook-'));
    await mkdir(join(directory, 'policies'));
    for (const [name, text] of Object.entries({
      secret,
      next: 'the secret that comes next',
      admin: 'the-token-of-admin',
      own: 'the-token-of-headgate',
    }))
      await writeFile(join(directory, name), text, { mode: 0o600 });
    await configure(
      'http: { user: headgate, token: { file: ./own } }\n      webhook: { secrets: [ { file: ./secret }, { file: ./next } ] }',
    );
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true });
  });

  async function configure(source: string, listen = '127.0.0.1:9292'): Promise<void> {
    const { port } = server.address() as AddressInfo;
    await writeFile(
      join(directory, 'headgate.yaml'),
      `apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  listen: { webhook: "${listen}" }
  sources:
    - name: review
      type: gerrit
      url: http://127.0.0.1:${port}
      ${source}
    - { name: hub, type: github, webhook: { secrets: [ { file: ./secret } ] } }
  policies: { path: ./policies }
`,
    );
  }

  const install = (...args: readonly string[]): Promise<Ran> => runHeadgate(['gerrit', 'install-webhook', ...args], { cwd: directory });
  const asAdmin = (...args: readonly string[]): Promise<Ran> => install('--user', 'admin', '--token-file', 'admin', ...args);

  it('writes the remote in the names that the plugin knows, reads it again, and shows no secret', async () => {
    const ran = await asAdmin('--url', 'https://hooks.example.com/');

    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(gerrit.bodies, [
      {
        url: 'https://hooks.example.com/hooks/review/a%20secret%2Ffor%20tests',
        events: ['ref-updated', 'change-merged'],
        max_tries: 10,
        retry_interval: 5_000,
        connection_timeout: 5_000,
        socket_timeout: 5_000,
        ssl_verify: true,
      },
    ]);
    const path = '/a/config/server/webhooks~projects/All-Projects/remotes/headgate as admin';
    assert.deepEqual(gerrit.asked, [`GET ${path}`, `PUT ${path}`, `GET ${path}`]);
    assert.match(
      ran.stdout,
      /✔ headgate: Gerrit sends ref-updated and change-merged of All-Projects to https:\/\/hooks.example.com\/hooks\/review\/…/,
    );
    assert.ok(!`${ran.stdout}${ran.stderr}`.includes('for'.concat('%20tests')) && !ran.stdout.includes('a secret'));
  });

  it('writes the secret as a password where that is wanted', async () => {
    assert.equal((await asAdmin('--secret', 'password', '--url', 'https://hooks.example.com:8443/gate')).code, 0);
    assert.equal(gerrit.bodies[0]?.['url'], 'https://headgate:a%20secret%2Ffor%20tests@hooks.example.com:8443/gate/hooks/review');
  });

  it('sends to the webhook listener where no address is named, and asks for one where that means every interface', async () => {
    assert.equal((await asAdmin()).code, 0);
    assert.equal(gerrit.bodies[0]?.['url'], 'http://127.0.0.1:9292/hooks/review/a%20secret%2Ffor%20tests');
    await configure('webhook: { secrets: [ { file: ./secret } ] }', '0.0.0.0:9292');
    const ran = await asAdmin();
    assert.deepEqual([ran.code, gerrit.bodies.length], [2, 1]);
    assert.match(ran.stderr, /--url https:\/\/hooks.example.com/);
  });

  it('sends no secret over a network in the clear, and to nothing that is no address', async () => {
    for (const url of [
      'http://hooks.example.com',
      'ftp://hooks.example.com',
      'hooks.example.com',
      'https://u:p@hooks.example.com',
      'https://h?x=1',
    ])
      assert.equal((await asAdmin('--url', url)).code, 2, url);
    assert.deepEqual(gerrit.asked, []);
  });

  it('says on a dry run what it would write, and asks nothing', async () => {
    const ran = await install('--dry-run', '--source', 'review', '--project', 'demo/app', '--url', 'https://hooks.example.com');
    assert.equal(ran.code, 0, ran.stderr);
    const [request = '', ...json] = ran.stdout.split('\n');
    assert.equal(request, 'PUT /a/config/server/webhooks~projects/demo%2Fapp/remotes/headgate');
    assert.equal((JSON.parse(json.join('\n')) as Json)['url'], 'https://hooks.example.com/hooks/review/…');
    assert.deepEqual(gerrit.asked, []);
  });

  it('says which right is missing', async () => {
    const ran = await install();
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /the webhooks of All-Projects may not be written: Gerrit answers 403 not allowed to update webhooks/);
    assert.match(ran.stderr, /Push on refs\/meta\/config of All-Projects, administrators too/);
  });

  it('tells a plugin that is not there from a project that is not', async () => {
    assert.match((await asAdmin('--project', 'nowhere')).stderr, /there is no project nowhere, or the account may not see it/);
    gerrit.hasPlugin = false;
    const ran = await asAdmin();
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /the webhooks plugin is not there: Gerrit answers 404 Not found/);
    assert.match(ran.stderr, /--install-plugin webhooks/);
  });

  it('says so when the server keeps something else', async () => {
    gerrit.bounds['max_tries'] = 5;
    const bounded = await asAdmin();
    assert.equal(bounded.code, 0);
    assert.match(bounded.stderr, /max_tries is 5 instead of 10/);
    gerrit.bounds['events'] = ['change-merged'];
    const wrong = await asAdmin();
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /Gerrit has kept another events of the remote headgate/);
    gerrit.bounds['events'] = ['change-merged', 'ref-updated'];
    assert.equal((await asAdmin()).code, 0);
  });

  it('says so when it takes the place of another remote', async () => {
    gerrit.remotes.set('headgate', { url: 'https://elsewhere.example.com', events: [] });
    assert.match((await asAdmin()).stderr, /sent to another address: it is replaced/);
    assert.doesNotMatch((await asAdmin()).stderr, /it is replaced/);
    assert.equal((await asAdmin('--name', 'other')).code, 0);
    assert.deepEqual([...gerrit.remotes.keys()], ['headgate', 'other']);
  });

  it('is not understood without a source, a secret or an account', async () => {
    assert.match((await install('--source', 'hub')).stderr, /no source of type gerrit is called hub/);
    assert.match((await install('--user', 'admin')).stderr, /belong together/);
    assert.match((await install('--name', '../x')).stderr, /no name of a remote/);
    await configure('http: { user: headgate, token: { file: ./own } }');
    assert.match((await asAdmin()).stderr, /takes no webhooks/);
    await configure('webhook: { secrets: [ { file: ./absent } ] }');
    assert.match((await asAdmin()).stderr, /absent/);
    await configure('webhook: { secrets: [ { file: ./secret } ] }');
    assert.match((await install()).stderr, /no account for the REST API/);
    assert.deepEqual(gerrit.asked, []);
  });

  it('says so when the token is refused', async () => {
    await writeFile(join(directory, 'admin'), 'not-the-token-of-admin', { mode: 0o600 });
    const ran = await asAdmin();
    assert.deepEqual([ran.code, gerrit.bodies], [1, []]);
    assert.match(ran.stderr, /refuses the credentials of admin/);
  });
});
