import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCodes } from '#core/error-codes.ts';
import { exitCodeOf, exitCodes } from '#cli/exit-codes.ts';
import { reportError } from '#cli/report-error.ts';
import { runHeadgate } from './run-headgate.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('commands of processes', () => {
  it("say what to run instead where a journal is one process's alone", async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-worker-'));
    try {
      const config = join(directory, 'headgate.yaml');
      const sources = 'sources: [ { name: hub, type: github, webhook: { secrets: [ { env: HUB } ] } } ]';
      await writeFile(config, `apiVersion: headgate.dev/v1alpha1\nkind: Config\nspec:\n  ${sources}\n  policies: { path: ./policies }\n`);
      const { code, stdout, stderr } = await runHeadgate(['worker', '--config', config]);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /a journal in a file belongs to one process.*\n.*Run `headgate serve` alone, or set spec\.journal\.postgres/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('are what the Procfile names beside serve', () => {
    assert.deepEqual(readFileSync(join(root, 'Procfile'), 'utf8').trim().split('\n'), [
      'web: bin/headgate serve',
      'worker: bin/headgate worker',
      'gerrit: bin/headgate listen',
    ]);
  });
});

describe('a command line that is not understood', () => {
  const wrong: readonly (readonly string[])[] = [
    [],
    ['fly'],
    ['get'],
    ['get', 'secrets'],
    ['get', 'changes', '-o', 'xml'],
    ['get', 'changes', '--server', '127.0.0.1:1', '--limit', '0'],
    ['trace'],
    ['reconcile', 'webapp', '-n', 'apps', '--cluster', 'prod'],
    ['reconcile', 'GitRepository/webapp', '-n', 'apps'],
    ['reconcile', 'GitRepository/webapp', '-n', 'apps', '--cluster', 'prod', '--server', '127.0.0.1:1', '--wait', 'long'],
    ['reconcile', 'GitRepository/webapp', '-n', 'apps', '--cluster', 'prod', '--server', '127.0.0.1:1', '--wait', '2h'],
    ['config', 'validate', '--config', '/nonexistent/headgate.yaml'],
  ];
  for (const args of wrong) {
    it(`ends with 2 and a way on: headgate ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await runHeadgate(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /--help|Usage:|\n {2}\S/);
    });
  }

  it('is not what asking for help is', async () => {
    const { code, stdout, stderr } = await runHeadgate(['trace', '--help']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^Usage: headgate trace/);
  });
});

describe('a server that does not answer as Headgate does', () => {
  const ask = async (answer: RequestListener) => {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      return await runHeadgate(['get', 'changes', '--server', `127.0.0.1:${port}`]);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  };

  it('is told as such', async () => {
    const { code, stderr } = await ask((_request, response) => response.end('<html>hello</html>'));
    assert.equal(code, 4);
    assert.match(stderr, /answered 200, not as a Headgate server does \[SERVER_UNREACHABLE\]\n.*listener of the API/);
  });

  it('is not followed elsewhere', async () => {
    const { code } = await ask((_request, response) => response.writeHead(302, { location: 'https://elsewhere.example.com/' }).end());
    assert.equal(code, 4);
  });

  it('is told when it cuts the answer short', async () => {
    const { code } = await ask((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      response.destroy();
    });
    assert.equal(code, 4);
  });

  it('is told when it speaks of errors that this version does not know', async () => {
    const { stderr } = await ask((_request, response) =>
      response.writeHead(418).end('{"code":"TEAPOT","detail":"short and stout","hint":"tip it"}'),
    );
    assert.match(stderr, /short and stout.*\n {2}tip it/);
  });

  it('is told when nothing listens there', async () => {
    const { code, stderr } = await runHeadgate(['get', 'changes', '--server', '127.0.0.1:1']);
    assert.equal(code, 4);
    assert.match(stderr, /does not answer.*\[SERVER_UNREACHABLE\]\n.*headgate serve/);
  });
});

describe('errors', () => {
  it('all have an exit code, and a defect has its own', () => {
    for (const code of Object.keys(errorCodes) as (keyof typeof errorCodes)[]) assert.notEqual(exitCodeOf(code), exitCodes.ok, code);
    assert.equal(exitCodeOf('INTERNAL'), 70);
  });

  it('that nobody foresaw are told with their stack and a request to report them', () => {
    const lines: string[] = [];
    const stderr = { write: (text: string) => lines.push(text) > 0 } as unknown as NodeJS.WritableStream;
    assert.equal(reportError({ stderr, env: {} }, new TypeError('x is not a function')), 70);
    assert.match(lines.join(''), /x is not a function \[INTERNAL\]\n.*report it.*\nTypeError: x is not a function\n {4}at /);
  });
});

describe('the process', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'headgate-process-'));
  });
  afterEach(() => rm(cwd, { recursive: true }));

  const start = (args: readonly string[]) =>
    spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'cli/headgate.ts'), ...args], {
      cwd,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('prints its version', async () => {
    const child = start(['version']);
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    await once(child, 'exit');
    assert.equal(
      `${chunk.toString().trim()}`,
      (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version,
    );
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`serves until ${signal}, then ends with 0`, async () => {
      const made = start(['init', '--repository', 'org/app']);
      await once(made, 'exit');
      const config = join(cwd, 'headgate.yaml');
      const any = '"127.0.0.1:0"';
      const text = readFileSync(config, 'utf8').replace(
        'listen:\n    webhook: 127.0.0.1:9292',
        `listen: { webhook: ${any}, web: ${any}, metrics: ${any}, health: ${any} }`,
      );
      await writeFile(config, text);
      const child = start(['serve']);
      let log = '';
      for await (const chunk of child.stderr) {
        const before = log;
        log += String(chunk);
        if (log.includes('"ready"') && !before.includes('"ready"')) child.kill(signal);
      }
      if (child.exitCode === null) await once(child, 'exit');
      assert.equal(child.exitCode, 0, log);
      assert.match(log, /"stopped"/);
    });
  }

  it('tells an unusable config in lines for people, and ends with 2', async () => {
    await writeFile(join(cwd, 'headgate.yaml'), 'kind: Config\n');
    const child = start(['serve']);
    let log = '';
    for await (const chunk of child.stderr) log += String(chunk);
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 2);
    assert.match(log, /headgate\.yaml:1:1.*CONFIG_INVALID\]\n/s);
    assert.doesNotMatch(log, /\n {4}at /);
  });
});
