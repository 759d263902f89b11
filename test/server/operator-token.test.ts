import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOperatorToken } from '#server/operator-token.ts';

describe('the operator token', () => {
  let directory: string;
  const file = (): string => join(directory, 'data', 'operator.token');
  const mode = (): number => statSync(file()).mode & 0o777;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-token-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const create = () => openOperatorToken(join(directory, 'data'));

  it('is created for its owner alone, and stays the same', async () => {
    const token = await create();
    const value = readFileSync(file(), 'utf8').trim();

    assert.equal(token.path, file());
    assert.equal(mode(), 0o600);
    assert.match(value, /^[\w-]{43}$/);
    assert.equal((await create()).accepts(`Bearer ${value}`), true);
    assert.equal(readFileSync(file(), 'utf8').trim(), value);
    assert.deepEqual(readdirSync(join(directory, 'data')), ['operator.token']);
  });

  it('is accepted exactly', async () => {
    const token = await create();
    const value = readFileSync(file(), 'utf8').trim();
    assert.equal(token.accepts(`Bearer ${value}`), true);
    for (const wrong of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      value,
      `bearer ${value}`,
      `Bearer ${value} `,
      `Bearer ${value.slice(1)}`,
      `Basic ${value}`,
      `Bearer ${value}${value}`,
    ])
      assert.equal(token.accepts(wrong), false, wrong);
  });

  it('is one token for processes that start together', async () => {
    const tokens = await Promise.all(Array.from({ length: 8 }, create));
    const header = `Bearer ${readFileSync(file(), 'utf8').trim()}`;
    assert.ok(tokens.every((token) => token.accepts(header)));
  });

  it('is closed to others again when its mode was widened', async () => {
    await create();
    chmodSync(file(), 0o644);
    await create();
    assert.equal(mode(), 0o600);
  });

  it('is refused when the file holds something else', async () => {
    mkdirSync(join(directory, 'data'));
    for (const content of ['', 'short', `${'a'.repeat(40)}\n${'b'.repeat(40)}`, 'ü'.repeat(40)]) {
      writeFileSync(file(), content, { mode: 0o600 });
      await assert.rejects(create(), { code: 'SECRET_UNAVAILABLE', hint: /Delete the file/ });
    }
  });

  it('is not read through a symlink', async () => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(join(directory, 'elsewhere'), 'a'.repeat(40));
    symlinkSync(join(directory, 'elsewhere'), file());
    await assert.rejects(create(), { code: 'SECRET_UNAVAILABLE', message: /not a regular file/ });
  });

  it('says where it cannot be written', async () => {
    writeFileSync(join(directory, 'data'), 'a file where the directory should be');
    await assert.rejects(create(), { code: 'SECRET_UNAVAILABLE', message: /operator\.token/, hint: /data directory/ });
  });
});
