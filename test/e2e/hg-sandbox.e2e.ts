import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import type { Finding } from '#core/finding.ts';
import type { Io } from '#cli/io.ts';
import { runSandbox } from '#cli/sandbox.ts';
import { startServer, type RunningServer } from '#server/main.ts';
import { runHeadgate } from '../cli/run-headgate.ts';
import { Written } from '../sandbox/written.ts';

const ANY = '127.0.0.1:0';

describe('the sandbox where hg is installed', function () {
  this.timeout(180_000);

  it('shows a push of Mercurial from the hook to what was applied, and leaves nothing for a check to find', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'headgate-hg-sandbox-'));
    const stop = new AbortController();
    const streams = { stdout: new Written(), stderr: new Written() };
    const env = { PATH: process.env['PATH'] };
    const io: Io = { ...streams, env, cwd, clock: systemClock, signal: stop.signal, fetch: globalThis.fetch, setExitCode() {} };
    let server: RunningServer | undefined;
    const running = runSandbox(io, {
      listen: { webhook: ANY, web: ANY, metrics: ANY, health: ANY },
      async serve(options) {
        server = await startServer(options);
        return server;
      },
    });
    try {
      await streams.stdout.until(/Ctrl-C ends it/);
      const lines = streams.stdout.text.split('\n');
      const order = [
        /baker pushes a changeset to bread, branch default, with hg:/,
        /remote: headgate: queued dlv_/,
        /received +bread branch:default/,
        /allow +sandbox: OCIRepository\/bread in bread: by bread changes\[0\]/,
        /published +.*bread-deploy:default/,
        /triggered +sandbox: OCIRepository\/bread in bread/,
        /applied +sandbox: OCIRepository\/bread in bread/,
      ].map((pattern) => lines.findIndex((line) => pattern.test(line)));
      assert.ok(!order.includes(-1), `a line is missing (${order.join(' ')}):\n${streams.stdout.text}\n${streams.stderr.text}`);
      assert.ok(!streams.stderr.text.includes('Mercurial is not shown'));

      const { stdout } = await runHeadgate(['check', '--source', 'hg', '-o', 'json'], {
        cwd,
        env: { HEADGATE_SERVER: server?.web.url ?? '' },
      });
      const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
      assert.deepEqual(
        findings.filter(({ severity }) => severity !== 'good').map(({ code, message }) => `${code} ${message}`),
        [],
      );
      const codes = findings.map(({ code }) => code);
      for (const code of [
        'SOURCE_REACHABLE',
        'SOURCE_CLOCK',
        'SOURCE_REF',
        'PUBLICATION_CONTENT',
        'PUBLICATION_REGISTRY',
        'SOURCE_HEARD',
      ] as const)
        assert.ok(codes.includes(code), `${code}: ${codes.join()}`);
    } finally {
      stop.abort();
      await running;
      await rm(cwd, { recursive: true, force: true });
    }
  });
});
