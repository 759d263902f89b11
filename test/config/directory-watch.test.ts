import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '#core/limits.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { watchDirectory } from '#config/directory-watch.ts';
import type { TextFile } from '#config/yaml-documents.ts';
import { recordingLog } from './recording-log.ts';
import { useTempDir } from './temp-dir.ts';

describe('config/directory-watch', () => {
  const directory = useTempDir();

  function write(name: string, text: string): void {
    writeFileSync(join(directory(), name), text);
  }

  /** Watches with a parser that joins the files and throws at the word `bad`. */
  function setUp(path = directory()) {
    const clock = new SimulatedClock();
    const log = recordingLog();
    const changes: string[] = [];
    const reloads: boolean[] = [];
    let parsed = 0;
    const parse = (files: readonly TextFile[]): string => {
      parsed++;
      const text = files.map((file) => file.text).join('|');
      if (text.includes('bad')) throw new Error('bad document');
      return text;
    };
    const watch = watchDirectory({ path, parse, clock, log, onChange: (value) => changes.push(value), onReload: (ok) => reloads.push(ok) });
    const poll = (): Promise<void> => clock.advance(limits.config.policyRefresh);
    return { clock, log, changes, reloads, watch, poll, parses: () => parsed };
  }

  it('reads the YAML files by name and nothing else', () => {
    write('b.yml', 'B');
    write('a.yaml', 'A');
    write('.hidden.yaml', 'bad');
    write('a.yaml~', 'bad');
    write('README.md', 'bad');
    mkdirSync(join(directory(), 'sub.yaml'));
    const { watch } = setUp();
    assert.equal(watch.current(), 'A|B');
    watch.stop();
  });

  it('takes up additions, changes and deletions, and tells of each once', async () => {
    write('a.yaml', 'A');
    const { watch, poll, changes, reloads, parses } = setUp();
    const { hash } = watch.status();
    write('b.yaml', 'B');
    await poll();
    write('a.yaml', 'C');
    await poll();
    rmSync(join(directory(), 'b.yaml'));
    await poll();
    await poll();
    assert.deepEqual(changes, ['A|B', 'C|B', 'C']);
    assert.deepEqual(reloads, [true, true, true]);
    assert.equal(parses(), 4);
    assert.notEqual(watch.status().hash, hash);
    write('a.yaml', 'A');
    await poll();
    assert.equal(watch.status().hash, hash);
    watch.stop();
  });

  it('keeps the last good value while the directory does not load, warns once, and recovers', async () => {
    write('a.yaml', 'A');
    const { watch, poll, log, changes, reloads, parses } = setUp();
    write('a.yaml', 'bad');
    await poll();
    await poll();
    await poll();
    assert.equal(watch.current(), 'A');
    assert.equal(watch.status().problem, 'bad document');
    assert.equal(parses(), 2, 'what has not changed is not parsed again');
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['warn'],
    );
    write('a.yaml', 'B');
    await poll();
    assert.equal(watch.current(), 'B');
    assert.equal(watch.status().problem, null);
    assert.deepEqual(changes, ['B']);
    assert.deepEqual(reloads, [false, true]);
    watch.stop();
  });

  it('has no value once the last good one is too old, and one again as soon as the directory loads', async () => {
    write('a.yaml', 'A');
    const { watch, clock, poll, log } = setUp();
    await poll();
    write('a.yaml', 'bad');
    await clock.advance(limits.config.policyMaxAge - limits.config.policyRefresh);
    assert.equal(watch.current(), 'A');
    await clock.advance(3 * limits.config.policyRefresh);
    assert.equal(watch.current(), undefined);
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['warn', 'error'],
    );
    write('a.yaml', 'A');
    await poll();
    assert.equal(watch.current(), 'A');
    watch.stop();
  }).timeout(30_000);

  it('stays in force for as long as nothing is wrong', async () => {
    write('a.yaml', 'A');
    const { watch, clock } = setUp();
    watch.stop();
    await clock.advance(2 * limits.config.policyMaxAge);
    watch.refresh();
    assert.equal(watch.current(), 'A');
  });

  it('survives the directory being away for a while', async () => {
    const path = join(directory(), 'policies');
    mkdirSync(path);
    writeFileSync(join(path, 'a.yaml'), 'A');
    const { watch, poll, changes } = setUp(path);
    renameSync(path, `${path}-away`);
    await poll();
    assert.match(watch.status().problem ?? '', /ENOENT/);
    assert.equal(watch.current(), 'A');
    renameSync(`${path}-away`, path);
    await poll();
    assert.equal(watch.status().problem, null);
    assert.deepEqual(changes, [], 'the same content is no change');
    watch.stop();
  });

  it('follows the symlink swap with which Kubernetes updates a mounted ConfigMap', async () => {
    const mount = directory();
    for (const [version, text] of [
      ['..v1', 'one'],
      ['..v2', 'two'],
    ] as const) {
      mkdirSync(join(mount, version));
      writeFileSync(join(mount, version, 'p.yaml'), text);
    }
    symlinkSync('..v1', join(mount, '..data'));
    symlinkSync('..data/p.yaml', join(mount, 'p.yaml'));
    const { watch, poll } = setUp();
    assert.equal(watch.current(), 'one');
    symlinkSync('..v2', join(mount, '..data_tmp'));
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
    await poll();
    assert.equal(watch.current(), 'two');
    watch.stop();
  });

  it('treats a dangling link and bytes that are no text as a directory that does not load', async () => {
    write('a.yaml', 'A');
    const { watch, poll } = setUp();
    symlinkSync('nowhere', join(directory(), 'b.yaml'));
    await poll();
    assert.match(watch.status().problem ?? '', /ENOENT/);
    rmSync(join(directory(), 'b.yaml'));
    writeFileSync(join(directory(), 'c.yaml'), Buffer.from([0xff]));
    await poll();
    assert.notEqual(watch.status().problem, null);
    assert.equal(watch.current(), 'A');
    watch.stop();
  });

  it('does not start on a directory that does not load', () => {
    assert.throws(() => setUp(join(directory(), 'absent')), /ENOENT/);
    write('a.yaml', 'bad');
    assert.throws(() => setUp(), /bad document/);
  });

  it('refuses what is too much', () => {
    const most = 'x'.repeat(limits.config.fileBytes);
    for (let index = 0; index <= limits.config.policyBytes / limits.config.fileBytes; index++) write(`${index}.yaml`, most);
    assert.throws(() => setUp(), /holds more than/);
    write('0.yaml', `${most}x`);
    assert.throws(() => setUp(), /0\.yaml is larger than/);
  });

  it('looks no more once it is stopped', async () => {
    write('a.yaml', 'A');
    const { watch, poll } = setUp();
    watch.stop();
    write('a.yaml', 'B');
    await poll();
    assert.equal(watch.current(), 'A');
  });
});
