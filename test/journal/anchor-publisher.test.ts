import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { HeadgateError } from '#core/errors.ts';
import type { PublishedCheckpoint } from '#core/ports/checkpoint-anchor.ts';
import type { ChainHead } from '#core/ports/records.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { AnchorPublisher } from '#journal/records/anchor-publisher.ts';
import { openCheckpoint } from '#journal/records/checkpoint.ts';
import { logName, noteVerifier } from '#journal/records/signed-note.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signer = { ...noteVerifier(logName(publicKey), publicKey), privateKey };
const headOf = (seq: number): ChainHead => ({ seq, hash: seq.toString(16).padStart(64, '0') });

describe('an anchor of checkpoints', () => {
  let clock: SimulatedClock;
  let signed: ChainHead | undefined;
  let sent: PublishedCheckpoint[];
  let failure: Error | undefined;
  let tries: number;
  let publisher: AnchorPublisher;
  beforeEach(() => {
    clock = new SimulatedClock();
    [signed, sent, failure, tries] = [undefined, [], undefined, 0];
    const publish = async (checkpoint: PublishedCheckpoint): Promise<void> => {
      tries++;
      if (failure) throw failure;
      sent.push(checkpoint);
    };
    publisher = new AnchorPublisher({ clock, log: silentLog, signer, anchor: { name: 'vault', publish }, signed: () => signed });
  });

  it('gets each checkpoint once, with a note that the key has signed, and nothing that is not in the file yet', async () => {
    await publisher.look();
    assert.deepEqual(sent, []);
    for (const seq of [3, 3, 7]) {
      signed = headOf(seq);
      await publisher.look();
    }
    assert.deepEqual(
      sent.map(({ size, hash, origin }) => [size, hash, origin]),
      [3, 7].map((seq) => [seq, headOf(seq).hash, signer.name]),
    );
    assert.deepEqual(openCheckpoint(sent.map(({ note }) => note)[1] ?? '', signer), headOf(7));
  });

  it('is tried again when it fails, ever more seldom, gets the newest then, and its trouble is told meanwhile', async () => {
    failure = new HeadgateError('SINK_UNREACHABLE', 'https://vault.example.com answers 500');
    signed = headOf(3);
    for (let second = 0; second < 3_600; second++) {
      await publisher.look();
      await clock.advance(1_000);
    }
    assert.ok(tries > 5 && tries < 40, `${tries} tries in an hour`);
    const began = publisher.trouble()?.beganAt;
    assert.deepEqual(
      [publisher.trouble()?.message, began],
      ['anchor vault: https://vault.example.com answers 500', clock.now() - 3_600_000],
    );
    failure = undefined;
    signed = headOf(9);
    await clock.advance(600_000);
    await publisher.look();
    assert.deepEqual([sent.map(({ size }) => size), publisher.trouble()], [[9], null]);
  });

  it('is left in peace for as long as it asks', async () => {
    failure = new HeadgateError('SINK_UNREACHABLE', 'slow down', { retryAfter: 1_800_000 });
    signed = headOf(1);
    await publisher.look();
    await clock.advance(1_799_000);
    await publisher.look();
    assert.equal(tries, 1);
    await clock.advance(2_000);
    await publisher.look();
    assert.equal(tries, 2);
  });
});
