import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { runSandbox } from '#cli/sandbox.ts';
import type { Io } from '#cli/io.ts';
import type { Finding } from '#core/finding.ts';
import { startServer, type RunningServer } from '#server/main.ts';
import { runHeadgate } from '../cli/run-headgate.ts';
import { gitAlone } from './programs.ts';
import { Written } from './written.ts';

const ANY = '127.0.0.1:0';

describe('headgate sandbox', function () {
  this.timeout(60_000);
  let cwd: string;
  let stop: AbortController;
  let io: Io & { readonly stdout: Written; readonly stderr: Written };
  let server: RunningServer | undefined;

  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'headgate-run-'));
    stop = new AbortController();
    const streams = { stdout: new Written(), stderr: new Written() };
    const env = { PATH: await gitAlone(cwd) }; // no hg: with one it is tried under test/e2e
    io = { ...streams, env, cwd, clock: systemClock, signal: stop.signal, fetch: globalThis.fetch, setExitCode() {} };
  });
  afterEach(async () => {
    stop.abort();
    await rm(cwd, { recursive: true, force: true });
  });

  const run = (): Promise<void> =>
    runSandbox(io, {
      listen: { webhook: ANY, web: ANY, metrics: ANY, health: ANY },
      async serve(options) {
        server = await startServer(options);
        return server;
      },
    });

  it('leaves nothing for a check to find: cluster, GitHub and journal are as they should be', async () => {
    const running = run();
    await io.stdout.until(/Ctrl-C ends it/);
    const { stdout, code } = await runHeadgate(['check', '-o', 'json'], { cwd, env: { HEADGATE_SERVER: server?.web.url ?? '' } });
    const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
    const left = findings.filter(({ severity }) => severity !== 'good').map((each) => `${each.severity} ${each.code} ${each.message}`);
    // The sandbox's token is no JWT, and the disk is that of this machine.
    assert.deepEqual(
      left.filter((line) => !line.includes('DISK_FREE')),
      ['unknown CLUSTER_CREDENTIAL token: it does not say when it expires'],
    );
    assert.equal(code, 0);
    const codes = new Set(findings.map((each) => each.code));
    for (const each of ['SOURCE_RIGHT', 'SOURCE_WEBHOOK', 'SOURCE_HEARD', 'FLUX_FEATURE_GATE', 'CLUSTER_RIGHT', 'POLICIES_VALID'] as const)
      assert.ok(codes.has(each), each);
    stop.abort();
    await running;
  });

  it('pushes and submits, tells the stories with every kind of answer, and names the next commands', async () => {
    const running = run();
    const [, revision] = (await io.stdout.until(/bin\/headgate trace ([0-9a-f]{12})[\s\S]*Ctrl-C ends it/)) ?? [];
    const lines = io.stdout.text.split('\n');
    const order = [
      /✔ \+0 ms +received +acme\/shop refs\/heads\/main updated/,
      /– .*not matched +sandbox: GitRepository\/shop-stable in shop: .*\(other-ref\)/,
      /✗ .*deny +sandbox: GitRepository\/shop-in-payments in payments: .*acme\/shop is none of acme\/payments/,
      /✔ .*allow +sandbox: GitRepository\/shop in shop: by shop changes\[0\]/,
      /► .*triggered +sandbox: GitRepository\/shop in shop/,
      /✔ .*artifact +sandbox: GitRepository\/shop in shop: .*main@sha1:[0-9a-f]{40}/,
      /✔ .*applied +sandbox: GitRepository\/shop in shop/,
      /waiter approves and submits the change of cook/,
      /✔ .*allow +sandbox: GitRepository\/menu in menu: by menu changes\[0\]/,
      /✔ .*applied +sandbox: GitRepository\/menu in menu/,
      /Headgate says on change 1:/,
      /\* GitRepository\/menu in menu: applied/,
      /waiter pushes a commit to acme\/menu, branch main, past the review:/,
      /✗ .*deny +sandbox: GitRepository\/menu in menu: .*it was pushed there past review/,
    ].map((pattern) => lines.findIndex((line) => pattern.test(line)));
    assert.ok(!order.includes(-1), `a line is missing (${order.join(' ')}):\n${io.stdout.text}`);
    assert.deepEqual(
      order,
      order.toSorted((left, right) => left - right),
    );
    assert.match(io.stdout.text, /– .*skipped +sandbox: GitRepository\/shop-preview in shop: suspended/);
    assert.match(io.stdout.text, /✔ .*applied +sandbox: Kustomization\/shop-jobs in shop/);
    assert.match(revision ?? '', /^[0-9a-f]{12}$/);
    assert.match(
      io.stdout.text,
      /✗ .*deny +sandbox: GitRepository\/payments-hotfix in payments: .*ref refs\/heads\/hotfix is none of refs\/heads\/main/,
    );
    assert.match(io.stdout.text, /why the last two pushes did not deploy:\n {2}http:\/\/127\.0\.0\.1:\d+\/\n/);
    assert.match(io.stderr.text, /► Mercurial is not shown: there is no `hg` here; .*install mercurial/);
    assert.ok(!io.stdout.text.includes('with hg'));
    assert.ok(!io.stdout.text.includes('\u001b'));
    stop.abort();
    await running;
  });

  it('ends cleanly when it is asked to: its listeners are closed and nothing is left running', async () => {
    const running = run();
    await io.stdout.until(/Ctrl-C ends it/);
    const url = server?.web.url ?? '';
    assert.equal((await fetch(`${url}/v1/deliveries`)).status, 200);
    stop.abort();
    await running;
    await assert.rejects(fetch(`${url}/v1/deliveries`));
  });

  it('can be stopped while it is still starting', async () => {
    const running = run();
    stop.abort();
    await running;
    assert.ok(!io.stdout.text.includes('received'));
  });
});
