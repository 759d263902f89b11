import assert from 'node:assert/strict';
import { GerritLossWorld, shortly, type LossWorldOptions, type Told } from './gerrit-loss-world.ts';

describe('what is submitted on a Gerrit', function () {
  this.timeout(120_000);
  let world: GerritLossWorld;
  const start = async (options?: LossWorldOptions): Promise<void> => {
    world = await GerritLossWorld.start(options);
  };
  afterEach(() => world.stop());

  /** Submits one after the other while something goes wrong. @returns the heads */
  const submitting = async (count: number, between: (n: number) => Promise<void> | void = () => {}): Promise<readonly string[]> => {
    const heads: string[] = [];
    for (let n = 0; n < count; n++) {
      heads.push(await world.submit(`step-${n}`));
      await between(n);
    }
    return heads;
  };
  /** The last head is deployed; no revision has two changes, nor two reconciles. */
  const assertOnce = async (heads: readonly string[]): Promise<readonly Told[]> => {
    const last = heads.at(-1) ?? assert.fail('nothing was submitted');
    await world.applied(last);
    await world.heardOf(last);
    const told = await world.told();
    for (const { revision, changes, reconciles } of told)
      assert.ok(changes === 1 && reconciles <= 1, `${revision}: ${changes}, ${reconciles}`);
    assert.equal(told.find(({ revision }) => revision === last)?.reconciles, 1);
    return told;
  };

  it('becomes one change and one reconcile each, over the stream alone', async () => {
    await start();
    for (let n = 0; n < 3; n++) await world.applied(await world.submit(`alone-${n}`));
    const head = await world.head();
    const told = await assertOnce([head]);
    assert.deepEqual(
      told.map(({ reconciles }) => reconciles),
      [1, 1, 1],
    );
  });

  it('becomes the same over both transports at once', async () => {
    await start({ webhooks: true });
    for (let n = 0; n < 3; n++) await world.applied(await world.submit(`both-${n}`));
    await shortly(300); // the slower transport tells too
    const told = await assertOnce([await world.head()]);
    assert.equal(told.length, 3);
  });

  it('becomes the same where a second listener hears it too', async () => {
    await start();
    const stop = await world.listenTwice();
    try {
      for (let n = 0; n < 3; n++) await world.applied(await world.submit(`twice-${n}`));
      await shortly(300);
      const told = await assertOnce([await world.head()]);
      assert.equal(told.length, 3);
    } finally {
      await stop();
    }
  });

  it('is deployed though the stream is killed again and again', async () => {
    await start();
    const heads = await submitting(8, (n) => (n % 2 === 0 ? world.gerrit.ssh.closeConnections() : undefined));
    await assertOnce(heads);
  });

  it('is deployed though the channel ends with exit 0 and the connection stays', async () => {
    await start();
    const heads = await submitting(6, (n) => (n % 2 === 0 ? world.gerrit.ssh.exitStreams() : undefined));
    await assertOnce(heads);
  });

  it('is deployed though keys are exchanged in the midst of it', async () => {
    await start();
    const heads = await submitting(4, () => world.gerrit.ssh.rekey());
    await assertOnce(heads);
  });

  it('is deployed though events are dropped, also some that come after the news that they are', async () => {
    await start();
    world.gerrit.ssh.dropOutput(200, 4);
    const heads = await submitting(4);
    await assertOnce(heads);
  });

  it('is deployed though the stream says nothing while it stays open, once there is a sweep', async () => {
    await start();
    world.gerrit.ssh.switches.mute = true;
    const head = await world.submit('mute');
    world.gerrit.ssh.exitStreams();
    await assertOnce([head]);
  });

  it('is deployed though the stream says nothing, which is noticed: it connects anew, and is trusted once it tells again', async () => {
    await start({ interval: '1s' });
    await world.streamIs('streaming');
    await world.swept(2); // only what moves between two looks of a stream that is listened to is evidence
    const { ssh } = world.gerrit;
    ssh.switches.mute = true;
    const head = await world.submit('unheard');
    await world.applied(head);
    await world.streamIs('mute');
    assert.ok(world.lines.some((line) => line.includes('"state":"mute"') && line.includes('no event told of refs/heads/main of demo/app')));
    await world.listening();
    ssh.switches.mute = false;
    const next = await world.submit('heard');
    await world.streamIs('streaming');
    await assertOnce([head, next]);
  });

  it('waits for a REST API that is away, and is deployed when it is back', async () => {
    await start();
    world.gerrit.http.switches.down = 503;
    const heads = await submitting(2);
    await shortly(2_000);
    world.gerrit.http.switches.down = undefined;
    await assertOnce(heads);
  });

  it('is not denied because Gerrit does not show yet that it is merged', async () => {
    await start();
    world.gerrit.staleReads(3);
    const head = await world.submit('stale');
    await assertOnce([head]);
    assert.deepEqual(await world.verdicts(), ['allow']);
  });
});
