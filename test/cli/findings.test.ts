import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderFindings } from '#cli/findings.ts';
import { plainStyle } from '#cli/style.ts';
import { runHeadgate } from './run-headgate.ts';

describe('findings on a terminal', () => {
  it('are grouped, marked, and end with what mends them', () => {
    const good = { code: 'X', severity: 'good', without: null, mend: null };
    const lines = renderFindings(
      [
        { ...good, about: 'journal', message: 'writable' },
        { ...good, about: 'cluster prod', message: 'in sight' },
        { code: 'Y', about: 'journal', severity: 'bad', message: 'full\u001b[31m', without: 'nothing goes', mend: '`df -h`' },
        { code: 'Y', about: 'cluster prod', severity: 'warning', message: 'old', without: 'all goes', mend: 'renew it' },
        { code: 'Y', about: 'cluster prod', severity: 'unknown', message: 'dark', without: 'all goes', mend: 'look' },
      ],
      plainStyle,
    );
    assert.deepEqual(lines, [
      '► journal',
      '✔ writable',
      '✗ full\ufffd[31m',
      '    nothing goes',
      '    `df -h`',
      '► cluster prod',
      '✔ in sight',
      '! old',
      '    all goes',
      '    renew it',
      '? dark',
      '    all goes',
      '    look',
    ]);
  });
});

describe('headgate check --pre', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'headgate-pre-'));
    await runHeadgate(['init', '--repository', 'org/app'], { cwd, env: { HOME: cwd } });
  });
  afterEach(() => rm(cwd, { recursive: true }));

  const configure = async (change: { webhook?: string; journal?: string; more?: string } = {}): Promise<void> => {
    const any = '"127.0.0.1:0"';
    const { webhook = '127.0.0.1:0', journal = './data/headgate.db', more = '' } = change;
    const listen = `listen: { webhook: "${webhook}", web: ${any}, metrics: ${any}, health: ${any} }\n  journal: { sqlite: { path: ${journal} } }`;
    const source = 'sources: [ { name: hub, type: github, webhook: { secrets: [ { file: ./secrets/github-webhook } ] } } ]';
    await writeFile(
      join(cwd, 'headgate.yaml'),
      `apiVersion: headgate.dev/v1alpha1\nkind: Config\nspec:\n  ${listen}\n  ${source}\n  policies: { path: ./policies }\n${more}`,
    );
  };
  const pre = () => runHeadgate(['check', '--pre'], { cwd });

  it('finds nothing bad in what init wrote, and says what is not set up yet', async () => {
    await configure();
    const { code, stdout, stderr } = await pre();
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^! no cluster is configured\n.*\n.*spec\.clusters/m);
    assert.match(stdout, /^! github; changes are not confirmed.*\n.*confirmed: false.*\n.*read-back\.md/m);
    assert.match(stdout, /^! policy first takes changes of source github: the Config has hub$/m, 'the sources were renamed above');
    assert.match(stderr, /nothing is bad; warnings: 3/);
  });

  it('names an address that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await configure({ webhook: `127.0.0.1:${port}` });
    const { code, stdout } = await pre();
    other.close();
    assert.equal(code, 1);
    assert.match(stdout, /^✗ webhook listener 127\.0\.0\.1:\d+: .*EADDRINUSE.*\n.*\n.*spec\.listen/m);
  });

  it('names a data directory that cannot be one', async () => {
    await mkdir(join(cwd, 'data'));
    await writeFile(join(cwd, 'data/file'), '');
    await configure({ journal: './data/file/headgate.db' });
    const { code, stdout } = await pre();
    assert.equal(code, 1);
    assert.match(stdout, /^✗ data directory .*data\/file: /m);
  });

  it('names a config that is wrong, and nothing else then', async () => {
    await configure({ more: '  flies: 1\n' });
    const { code, stdout } = await pre();
    assert.equal(code, 1);
    assert.match(stdout, /^► config\n✗ .*flies/);
    assert.doesNotMatch(stdout, /listener/);
  });

  it('names missing policies, and goes on', async () => {
    await configure();
    await rm(join(cwd, 'policies'), { recursive: true });
    const { code, stdout } = await pre();
    assert.equal(code, 1);
    assert.match(stdout, /^✗ policies in .*policies: /m);
    assert.match(stdout, /^✔ webhook listener/m);
  });

  it('names a cluster whose kubeconfig is not there, and goes on', async () => {
    await configure({ more: '  clusters: [ { name: prod, kubeconfig: { path: ./nowhere } } ]\n' });
    const { code, stdout } = await pre();
    assert.equal(code, 1);
    assert.match(stdout, /^► cluster prod\n✗ cluster prod: .*nowhere.*ENOENT/m);
    assert.match(stdout, /^✔ webhook listener/m);
  });

  const secret = (): string => join(cwd, 'secrets/github-webhook');

  it('names a secret that is not there, and that anybody can read, and that is old', async () => {
    await configure();
    await rm(secret());
    assert.match((await pre()).stdout, /^✗ webhook secret: .*does not exist\n.*\n.*chmod 0600/m);
    await writeFile(secret(), 'a-secret-of-some-length\n');
    await chmod(secret(), 0o644);
    assert.match((await pre()).stdout, /^! webhook secret, file .*: can be read by everybody\n.*\n.*chmod 0600/m);
    await chmod(secret(), 0o600);
    await utimes(secret(), new Date('2020-01-01'), new Date('2020-01-01'));
    assert.match((await pre()).stdout, /^! webhook secret, file .*: readable, written \d+d ago\n.*\n.*rotate-secrets\.md/m);
  });

  it("names an operator's token that others can read", async () => {
    await configure();
    await mkdir(join(cwd, 'data'), { recursive: true });
    await writeFile(join(cwd, 'data/operator.token'), 'x'.repeat(40));
    await chmod(join(cwd, 'data/operator.token'), 0o644);
    const { code, stdout } = await pre();
    assert.equal(code, 1);
    assert.match(stdout, /^✗ .*operator\.token: others may read it \(mode 644\)\n.*\n.*chmod 0600/m);
  });
});
