import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { SshHost } from '#sandbox/gerrit/ssh/ssh-host.ts';
import { duration, say } from './cluster/say.ts';
import { assertLossless, assertTakenIsKept, unheard } from './gerrit/lossless.ts';
import { PROJECT, SubmitStage, type StageOptions } from './gerrit/submit-stage.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';

type Seen = Readonly<Record<string, readonly [count: number, least: number]>>;

describe('submits on a Gerrit while something goes wrong', function () {
  this.timeout(600_000); // several times what a machine takes that has nothing else to do
  this.slow(300_000);
  let stage: SubmitStage | undefined;
  const start = async (options: StageOptions): Promise<SubmitStage> => (stage = await SubmitStage.start(options));
  afterEach(async function () {
    await stage?.stop(hasFailed(this));
    stage = undefined;
  });

  /** @param seen once all is at rest: what the trial was to reach, and at least how often; it has tried nothing otherwise */
  const finish = async (trial: SubmitStage, seen: () => Seen | Promise<Seen>): Promise<void> => {
    const tally = await assertLossless(trial);
    const reached = Object.entries(await seen()).map(([what, [count, least]]) => {
      assert.ok(count >= least, `${what}: ${count}, not at least ${least}`);
      return `${count} ${what}`;
    });
    const { submits, heads, reconciles, settled } = tally;
    say(`    ${submits} submits, ${reached.join(', ')}; ${heads} heads, ${reconciles} reconciles, all applied after ${duration(settled)}`);
  };

  const known = (trial: SubmitStage): Promise<number> => trial.logged('delivery is known already');
  const gaps = (trial: SubmitStage): Promise<number> => trial.logged('events may be missing; the source is looked at');

  /** Submits everything that waits, and does something every so often meanwhile; a last time right before the last submit on each branch. */
  const submitAll = async (trial: SubmitStage, ms: number, task: () => void | Promise<void>): Promise<void> => {
    const submitting = new AbortController();
    const disturbing = repeat(submitting.signal, ms, task);
    try {
      while (trial.waiting > trial.branches) await trial.submit();
    } finally {
      submitting.abort();
      await disturbing;
    }
    await trial.listening();
    await task();
    await trial.submit(trial.branches);
  };

  it('loses nothing of five hundred while the stream is killed every two seconds', async () => {
    const trial = await start({ branches: 4, changes: 125 });
    let kills = 0;
    await submitAll(trial, 2_000, () => {
      kills += trial.gerrit.ssh.streams;
      trial.gerrit.ssh.closeConnections();
    });
    await finish(trial, () => ({ kills: [kills, 8] }));
  });

  it('loses nothing while channels end with exit 0 under connections that stay', async () => {
    const trial = await start({ branches: 2, changes: 40 });
    const { ssh } = trial.gerrit;
    let exits = 0;
    await submitAll(trial, 500, () => {
      exits += Math.min(ssh.streams, ssh.connections);
      ssh.exitStreams();
    });
    await finish(trial, () => ({ 'channels closed': [exits, 3] }));
  });

  it('loses nothing while keys are exchanged within bursts, for which Gerrit drops events', async () => {
    const trial = await start({ branches: 2, changes: 40 });
    const { ssh } = trial.gerrit;
    let exchanges = 0;
    await submitAll(trial, 200, async () => {
      burst(ssh, 200);
      const exchanged = ssh.rekey();
      burst(ssh, 200);
      ssh.dropOutput(5, 2);
      await exchanged;
      exchanges += 1;
    });
    await finish(trial, async () => ({ 'exchanges of keys': [exchanges, 5], 'gaps told': [await gaps(trial), 3] }));
  });

  it('loses nothing in floods of dropped-output, which comes before what is missing', async () => {
    const trial = await start({ branches: 2, changes: 40 });
    const { ssh } = trial.gerrit;
    let floods = 0;
    await submitAll(trial, 400, () => {
      for (let n = 0; n < 200; n++) ssh.sendRaw('{"type":"dropped-output","eventCreatedOn":1795000000}');
      ssh.dropOutput(20, floods % 5);
      floods += 1;
    });
    await finish(trial, async () => ({ floods: [floods, 5], 'moves that no event told of': [await unheard(trial), 5] }));
  });

  it('loses nothing while REST and git are away for half a minute', async () => {
    const trial = await start({ branches: 2, changes: 20 });
    const { http } = trial.gerrit;
    const [before, until] = [http.requests.length, performance.now() + 30_000];
    http.switches.down = 503;
    for (; performance.now() < until; http.switches.down = http.switches.down === 503 ? 'gone' : 503) {
      await trial.submit();
      await setTimeout(600);
    }
    const refused = http.requests.length - before;
    http.switches.down = undefined;
    await trial.submit(trial.waiting);
    await finish(trial, () => ({ 'requests refused': [refused, 3] }));
  });

  it('makes one change of what both transports tell', async () => {
    const trial = await start({ branches: 2, changes: 40, webhooks: true });
    await trial.submit(trial.waiting);
    await finish(trial, async () => ({
      'posts taken': [await assertTakenIsKept(trial), 70],
      'events known already': [await known(trial), 70],
    }));
  });

  it('makes one change of what two listeners tell', async () => {
    const trial = await start({ branches: 2, changes: 30 });
    await trial.listenTwice();
    await trial.submit(trial.waiting);
    await finish(trial, async () => ({ listeners: [trial.gerrit.ssh.streams, 2], 'events known already': [await known(trial), 50] }));
  });

  it('loses nothing, and has what it has taken, when the server is killed again and again', async () => {
    const trial = await start({ branches: 2, changes: 30, webhooks: true });
    for (let kill = 0; kill < 3; kill++) {
      await trial.submit(8);
      await trial.headgate.kill();
      await trial.submit(8);
      await trial.headgate.start();
    }
    await trial.submit(trial.waiting);
    await finish(trial, async () => ({ 'posts taken': [await assertTakenIsKept(trial), 10] }));
  });
});

/** Events that move no branch, as most do on a busy Gerrit. */
function burst(ssh: SshHost, count: number): void {
  for (let n = 0; n < count; n++) {
    const refUpdate = { oldRev: '1'.repeat(40), newRev: '2'.repeat(40), refName: `refs/changes/01/${n}/meta`, project: PROJECT };
    ssh.sendRaw(JSON.stringify({ refUpdate, type: 'ref-updated', eventCreatedOn: 1_795_000_000 }));
  }
}

/** Does something again and again until it is aborted. */
async function repeat(signal: AbortSignal, ms: number, task: () => void | Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await setTimeout(ms, undefined, { signal }).catch(() => {});
    if (!signal.aborted) await task();
  }
}
