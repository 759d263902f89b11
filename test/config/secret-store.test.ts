import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { SecretStore } from '#config/secret-store.ts';
import { recordingLog } from './recording-log.ts';
import { useTempDir } from './temp-dir.ts';

const FIRST = 'first-secret-0123456789';
const SECOND = 'second-secret-0123456789';

describe('config/secret-store', () => {
  const directory = useTempDir();

  function setUp(env: Readonly<Record<string, string>> = {}) {
    const clock = new SimulatedClock();
    const log = recordingLog();
    const reloads: boolean[] = [];
    const store = new SecretStore({ clock, log, env: (name) => env[name], onReload: (ok) => reloads.push(ok) });
    const file = join(directory(), 'hub');
    const texts = (): readonly string[] => store.values([{ file }]).map(String);
    return { clock, log, reloads, store, file, texts, refresh: () => clock.advance(limits.config.secretRefresh) };
  }

  function write(file: string, text: string): void {
    writeFileSync(file, text, { mode: 0o600 });
  }

  it('gives the live values of all references in their order, files without their trailing newline', () => {
    const { store, file } = setUp({ NEXT: SECOND });
    write(file, `${FIRST}\n`);
    assert.deepEqual(store.values([{ file }, { env: 'ABSENT' }, { env: 'NEXT' }]).map(String), [FIRST, SECOND]);
  });

  it('keeps newlines and spaces within a secret', () => {
    const { texts, file } = setUp();
    write(file, ` ${FIRST}\n\n${SECOND} \r\n`);
    assert.deepEqual(texts(), [` ${FIRST}\n\n${SECOND} `]);
  });

  it('reads a changed file again, but looks no more often than the limit', async () => {
    const { clock, file, texts, reloads } = setUp();
    write(file, FIRST);
    assert.deepEqual(texts(), [FIRST]);
    write(file, SECOND);
    await clock.advance(limits.config.secretRefresh - 1);
    assert.deepEqual(texts(), [FIRST]);
    await clock.advance(1);
    assert.deepEqual(texts(), [SECOND]);
    assert.deepEqual(reloads, [true]);
  });

  it('notices a file of the same size that was renamed over the old one', async () => {
    const { file, texts, refresh } = setUp();
    write(file, FIRST);
    texts();
    write(`${file}.new`, FIRST.toUpperCase());
    renameSync(`${file}.new`, file);
    await refresh();
    assert.deepEqual(texts(), [FIRST.toUpperCase()]);
  });

  it('follows the symlink swap with which Kubernetes updates a mounted Secret', async () => {
    const { store, refresh } = setUp();
    const mount = directory();
    for (const [version, text] of [
      ['..v1', FIRST],
      ['..v2', SECOND],
    ] as const) {
      mkdirSync(join(mount, version));
      write(join(mount, version, 'token'), text);
    }
    symlinkSync('..v1', join(mount, '..data'));
    symlinkSync('..data/token', join(mount, 'token'));
    const ref = { file: join(mount, 'token') };
    assert.deepEqual(store.values([ref]).map(String), [FIRST]);
    symlinkSync('..v2', join(mount, '..data_tmp'));
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
    await refresh();
    assert.deepEqual(store.values([ref]).map(String), [SECOND]);
  });

  it('has no value for a file that vanished, says so once, and picks it up when it is back', async () => {
    const { file, texts, refresh, log, reloads } = setUp();
    write(file, FIRST);
    texts();
    unlinkSync(file);
    for (let look = 0; look < 3; look++) {
      await refresh();
      assert.deepEqual(texts(), []);
    }
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields['error']]),
      [['warn', 'does not exist']],
    );
    write(file, SECOND);
    await refresh();
    assert.deepEqual(texts(), [SECOND]);
    assert.deepEqual(reloads, [false, true]);
  });

  it('takes an environment variable as it is', () => {
    const { store } = setUp({ TOKEN: FIRST });
    assert.equal(String(store.requireSecret({ env: 'TOKEN' })), FIRST);
  });

  const unusable: readonly (readonly [title: string, prepare: (file: string) => void, message: RegExp])[] = [
    ['is missing', () => {}, /does not exist/],
    ['is empty', (file) => write(file, '\n'), /is empty/],
    ['is too short', (file) => write(file, 'x'.repeat(limits.config.secretMinChars - 1)), /is shorter than 16/],
    ['is too large', (file) => write(file, 'x'.repeat(limits.config.secretBytes + 1)), /is larger than/],
    ['is a directory', (file) => mkdirSync(file), /not a regular file|EISDIR/],
    ['is a link to itself', (file) => symlinkSync(file, file), /ELOOP/],
  ];
  for (const [title, prepare, message] of unusable) {
    it(`requires a file that ${title} in vain, naming the config line`, () => {
      const { store, file } = setUp();
      prepare(file);
      assert.deepEqual(store.values([{ file }]), []);
      assert.throws(
        () => store.requireSecret({ file, at: 'headgate.yaml:12:9' }),
        (error) =>
          error instanceof HeadgateError &&
          error.code === 'SECRET_UNAVAILABLE' &&
          error.message.startsWith(`headgate.yaml:12:9: file ${file}: `) &&
          message.test(error.message),
      );
    });
  }

  it('is content with one live value of several', () => {
    const { store } = setUp({ TOKEN: FIRST });
    assert.deepEqual(store.requireAny([{ env: 'OLD' }, { env: 'TOKEN' }]).map(String), [FIRST]);
    assert.throws(() => store.requireAny([{ env: 'OLD', at: 'c:1:2' }, { env: 'NEW' }]), {
      code: 'SECRET_UNAVAILABLE',
      message: 'c:1:2: environment variable OLD: is not set\nenvironment variable NEW: is not set',
    });
    assert.throws(() => store.requireAny([]), { code: 'SECRET_UNAVAILABLE' });
  });

  it('warns about a file that every user of the machine can read', () => {
    const { file, texts, log } = setUp();
    write(file, FIRST);
    chmodSync(file, 0o644);
    assert.deepEqual(texts(), [FIRST]);
    assert.deepEqual(
      log.lines.map(({ level, message }) => [level, /every user/.test(message)]),
      [['warn', true]],
    );
  });

  it('logs no value, whatever happens', async () => {
    const { file, texts, refresh, log } = setUp();
    write(file, FIRST);
    chmodSync(file, 0o644);
    texts();
    write(file, SECOND);
    await refresh();
    texts();
    write(file, 'short-canary');
    await refresh();
    texts();
    rmSync(file);
    await refresh();
    texts();
    assert.ok(log.lines.length >= 4);
    assert.doesNotMatch(JSON.stringify(log.lines), /first-secret|second-secret|short-canary/);
  });
});
