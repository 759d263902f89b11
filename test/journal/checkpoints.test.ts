import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '#core/ports/telemetry.ts';
import type { ChainHead } from '#core/ports/records.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { CheckpointWriter } from '#journal/records/checkpoint-writer.ts';
import { openCheckpoint, readCheckpoints } from '#journal/records/checkpoint.ts';
import { openSigningKey } from '#journal/records/signing-key.ts';
import { openNote, parseVerifierKey, signNote, verifierKey, type NoteSigner } from '#journal/records/signed-note.ts';

/** A chain as far as checkpoints look at it. */
class FakeChain {
  seq = 0;
  /** Changes every hash. */
  salt = '';
  failure: Error | undefined;

  hashOf(seq: number): string {
    return createHash('sha256').update(`${seq}${this.salt}`).digest('hex');
  }

  async chainHead(): Promise<ChainHead> {
    if (this.failure) throw this.failure;
    return { seq: this.seq, hash: this.hashOf(this.seq) };
  }

  async record(id: string) {
    const seq = Number(id);
    const record = { seq, at: 0, kind: 'started', previous: '' } as const;
    return seq <= this.seq ? { id, hash: this.hashOf(seq), record } : undefined;
  }
}

describe('signed checkpoints', () => {
  let directory: string;
  let file: string;
  let clock: SimulatedClock;
  let chain: FakeChain;
  let signer: NoteSigner;
  const open = (): CheckpointWriter =>
    new CheckpointWriter({ clock, log: silentLog, journal: chain, signer, file, every: 60_000, records: 100 });
  const sizes = (): readonly number[] =>
    existsSync(file) ? readCheckpoints(readFileSync(file, 'utf8'), signer).anchors.map(({ seq }) => seq) : [];
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-checkpoints-'));
    file = join(directory, 'checkpoints');
    clock = new SimulatedClock();
    chain = new FakeChain();
    signer = await openSigningKey(join(directory, 'records.key'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('are notes that anybody can verify with the printed key alone, by the rules of C2SP', async () => {
    chain.seq = 7;
    await open().finish();
    const note = readFileSync(file, 'utf8').trimEnd();
    const [, name = '', id = '', key = ''] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(verifierKey(signer)) ?? [];
    const encoded = Buffer.from(key, 'base64');
    assert.equal(createHash('sha256').update(`${name}\n`).update(encoded).digest('hex').slice(0, 8), id);
    const text = `${name}\n7\n${Buffer.from(chain.hashOf(7), 'hex').toString('base64')}\n`;
    const signature = Buffer.from(note.slice(`${text}\n— ${name} `.length), 'base64');
    assert.equal(note, `${text}\n— ${name} ${signature.toString('base64')}`);
    assert.equal(signature.subarray(0, 4).toString('hex'), id);
    // SubjectPublicKeyInfo of Ed25519 (RFC 8410) is this prefix and the 32 bytes.
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), encoded.subarray(1)]);
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    assert.ok(verify(null, Buffer.from(text), publicKey, signature.subarray(4)));
  });

  it('are read as others write notes: the example of the Go project', () => {
    const key = parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    assert.ok(key);
    const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const note = `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
    assert.equal(openNote(note, key), text);
    assert.equal(openNote(note.replace('answer', 'question'), key), undefined);
    assert.equal(openNote(note, signer), undefined);
  });

  it('refuse a key whose id is not its own, and what is no key', () => {
    const [, name, key] = /^([^+]+)\+[^+]+\+(.+)$/.exec(verifierKey(signer)) ?? [];
    for (const text of [`${name}+00000000+${key}`, '', 'x', `${name}+${key}`]) assert.equal(parseVerifierKey(text), undefined);
    assert.deepEqual(parseVerifierKey(`${verifierKey(signer)}\n`)?.id, signer.id);
  });

  it('of another log are not believed, though the key has signed them, nor is what was changed', async () => {
    chain.seq = 7;
    await open().finish();
    const note = readFileSync(file, 'utf8').replace(/\n$/, '');
    assert.equal(openCheckpoint(note, signer)?.seq, 7);
    assert.equal(openCheckpoint(note.replace('\n7\n', '\n8\n'), signer), undefined);
    const [text = ''] = note.split('\n\n');
    assert.equal(openCheckpoint(signNote(`${text}\n`, signer), signer)?.seq, 7);
    assert.equal(openCheckpoint(signNote(`${text}\n`.replace(signer.name, 'another/log'), signer), signer), undefined);
  });

  it('are written after some time or so many records, and not when nothing has come', async () => {
    const writer = open();
    await writer.look();
    assert.deepEqual(sizes(), []);
    chain.seq = 3;
    await writer.look();
    assert.deepEqual(sizes(), []);
    await clock.advance(60_000);
    await writer.look();
    await clock.advance(600_000);
    await writer.look();
    assert.deepEqual(sizes(), [3]);
    chain.seq = 103;
    await writer.look();
    assert.deepEqual(sizes(), [3, 103]);
    chain.seq = 104;
    await writer.finish();
    await writer.finish();
    assert.deepEqual(sizes(), [3, 103, 104]);
    assert.deepEqual(writer.health(), { size: 104, trouble: null });
  });

  it('go on after a restart, with the same key', async () => {
    chain.seq = 3;
    await open().finish();
    assert.deepEqual(await openSigningKey(join(directory, 'records.key')), signer);
    const writer = open();
    await writer.finish();
    chain.seq = 4;
    await writer.finish();
    assert.deepEqual(sizes(), [3, 4]);
  });

  it('are tried again while they cannot be written, and that shows', async () => {
    mkdirSync(file);
    chain.seq = 1;
    const writer = open();
    await writer.finish();
    assert.match(writer.health().trouble?.message ?? '', /EISDIR/);
    rmSync(file, { recursive: true });
    await writer.finish();
    assert.deepEqual([writer.health(), sizes()], [{ size: 1, trouble: null }, [1]]);
    chain.failure = new Error('the journal is away');
    await writer.look();
    assert.equal(writer.health().trouble?.message, 'the journal is away');
  });

  it('are refused to a chain that does not continue the last one: cut, or written anew', async () => {
    chain.seq = 5;
    await open().finish();
    for (const [seq, salt] of [
      [4, ''],
      [9, 'other'],
    ] as const) {
      chain.seq = seq;
      chain.salt = salt;
      const writer = open();
      await writer.finish();
      assert.match(writer.health().trouble?.message ?? '', /does not continue the last checkpoint/);
      assert.deepEqual(sizes(), [5]);
    }
  });

  it('stay readable after one that a crash has torn', async () => {
    chain.seq = 5;
    await open().finish();
    const [text = '', signature = ''] = readFileSync(file, 'utf8').split('\n\n');
    appendFileSync(file, `${text}\n\n${signature.slice(0, 60)}`);
    appendFileSync(file, `\n\n${text}\n`);
    assert.equal(readCheckpoints(readFileSync(file, 'utf8'), signer).torn, true);
    chain.seq = 6;
    await open().finish();
    const { torn, unsigned } = readCheckpoints(readFileSync(file, 'utf8'), signer);
    assert.deepEqual([torn, unsigned, sizes()], [false, [], [5, 6]]);
  });

  it('that the key has not signed are named', async () => {
    for (const seq of [1, 2, 3]) {
      chain.seq = seq;
      await open().finish();
    }
    const content = readFileSync(file, 'utf8').replace('\n2\n', '\n9\n');
    const { anchors, unsigned } = readCheckpoints(content, signer);
    assert.deepEqual([anchors.map(({ seq }) => seq), unsigned], [[1, 3], ['checkpoint 2']]);
  });

  it('are found at the end of a long file', async () => {
    for (let seq = 1; seq <= 60; seq++) {
      chain.seq = seq;
      await open().finish();
    }
    assert.equal(sizes().length, 60);
    assert.ok(statSync(file).size > 8_192);
  });

  it('have a key that its owner alone can read, and no other kind of key will do', async () => {
    const path = join(directory, 'records.key');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    chmodSync(path, 0o640);
    await assert.rejects(openSigningKey(path), { code: 'SECRET_UNAVAILABLE', message: /others may read it/ });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const other = join(directory, 'other.key');
    writeFileSync(other, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    await assert.rejects(openSigningKey(other), { code: 'SECRET_UNAVAILABLE', message: /not an Ed25519 key/ });
  });
});
