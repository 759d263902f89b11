import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { GitRunner } from '#sandbox/git/git-runner.ts';
import { newSshKey, type SshKey } from '#sandbox/gerrit/ssh/openssh-key.ts';
import type { GerritUnderTest } from './gerrit-under-test.ts';

const run = promisify(execFile);

/** Whatever an answer holds. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Person {
  readonly user: string;
  readonly password: string;
}

export interface Uploaded {
  readonly number: number;
  readonly revision: string;
}

export interface Upload {
  readonly by?: Person;
  /** After `%`, such as `topic=t` or `submit`. */
  readonly options?: readonly string[];
  /** Commit to build on; default the branch's head. */
  readonly onto?: string;
}

/** Does with a Gerrit what people do: REST and git, nothing from its inside. Everything that it makes has a name of its own. */
export class GerritHands {
  readonly server: GerritUnderTest;
  readonly admin: Person;
  /** A service user. */
  readonly bot: Person;
  readonly dev: Person;
  /** Of `bot` and `dev`. */
  readonly key: SshKey = newSshKey();
  readonly #mark = randomBytes(4).toString('hex');
  readonly #directory: string;
  #adminEmail = '';

  private constructor(server: GerritUnderTest, directory: string) {
    this.server = server;
    this.#directory = directory;
    this.admin = server.admin;
    this.bot = { user: `bot-${this.#mark}`, password: randomBytes(18).toString('hex') };
    this.dev = { user: `dev-${this.#mark}`, password: randomBytes(18).toString('hex') };
  }

  /** Makes the accounts. */
  static async open(server: GerritUnderTest): Promise<GerritHands> {
    const hands = new GerritHands(server, await mkdtemp(join(tmpdir(), 'headgate-hands-')));
    await hands.#account(hands.bot, ['Service Users']);
    await hands.#account(hands.dev, []);
    hands.#adminEmail = (await hands.must('GET', '/a/accounts/self')).email;
    return hands;
  }

  async close(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
    await this.server.stop();
  }

  /** A name that nobody else has. */
  name(what: string): string {
    return `${what}-${this.#mark}`;
  }

  /** @param who undefined = nobody. The body without `)]}'`, or the text. */
  async rest(who: Person | undefined, path: string, more: { readonly method?: string; readonly body?: unknown } = {}) {
    const { method = 'GET', body } = more;
    const basic = who && `Basic ${Buffer.from(`${who.user}:${who.password}`).toString('base64')}`;
    const headers = { ...(basic ? { authorization: basic } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${this.server.url}${path}`, { method, headers, ...sent });
    const text = await response.text();
    const json = text.startsWith(")]}'\n") ? (JSON.parse(text.slice(5)) as Json) : undefined;
    return { status: response.status, body: json ?? text, headers: response.headers } as { status: number; body: Json; headers: Headers };
  }

  /** As `rest` by the administrator, who is not refused. */
  async must(method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await this.rest(this.admin, path, { method, body });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** A project with the branch `main`, where administrators may push directly, `%submit`, and give +2. @returns its name */
  async project(what: string, submitType = 'MERGE_IF_NECESSARY'): Promise<string> {
    const name = `${this.name('headgate')}/${what}`;
    const path = `/a/projects/${encodeURIComponent(name)}`;
    await this.must('PUT', path, { create_empty_commit: true, submit_type: submitType, branches: ['main'] });
    const { id } = await this.must('GET', '/a/groups/Administrators');
    const rules = { [id]: { action: 'ALLOW' } };
    const forced = { [id]: { action: 'ALLOW', force: true } };
    const permissions = { push: { rules: forced }, submit: { rules }, create: { rules } };
    const access = { 'refs/heads/*': { permissions }, 'refs/for/refs/heads/*': { permissions: { push: { rules }, submit: { rules } } } };
    await this.must('POST', `${path}/access`, { add: access });
    return name;
  }

  /** Pushes one commit for review. */
  async upload(
    project: string,
    files: Readonly<Record<string, string>>,
    { by = this.dev, options = [], onto }: Upload = {},
  ): Promise<Uploaded> {
    const work = await this.#commit(project, files, by, onto);
    const target = `HEAD:refs/for/main${options.length === 0 ? '' : `%${options.join(',')}`}`;
    const { stderr } = await this.git(work, 'push', this.remote(by, project), target);
    const number = /\/\+\/(\d+)/.exec(stderr)?.[1];
    assert.ok(number !== undefined, stderr);
    return { number: Number(number), revision: await this.#head(work) };
  }

  /** Pushes one commit straight to the branch. @returns it */
  async push(project: string, files: Readonly<Record<string, string>>, by = this.admin): Promise<string> {
    const work = await this.#commit(project, files, by);
    await this.git(work, 'push', this.remote(by, project), 'HEAD:main');
    return this.#head(work);
  }

  /** Pushes the commit of an open change straight to the branch. */
  async pushChange(project: string, { number, revision }: Uploaded): Promise<void> {
    const work = await this.#work();
    const remote = this.remote(this.admin, project);
    await this.git(work, 'fetch', '--quiet', remote, `refs/changes/${String(number % 100).padStart(2, '0')}/${number}/1`);
    await this.git(work, 'push', remote, `${revision}:refs/heads/main`);
  }

  vote(change: Uploaded, value: number): Promise<Json> {
    return this.review(this.admin, change, { labels: { 'Code-Review': value } });
  }

  async review(who: Person, { number }: Uploaded, body: object): Promise<Json> {
    return this.rest(who, `/a/changes/${number}/revisions/current/review`, { method: 'POST', body });
  }

  submit({ number }: Uploaded): Promise<Json> {
    return this.must('POST', `/a/changes/${number}/submit`, {});
  }

  /** A change as it is read back. */
  async read({ number }: Uploaded): Promise<Json> {
    const options = ['CURRENT_REVISION', 'ALL_REVISIONS', 'DETAILED_ACCOUNTS', 'DETAILED_LABELS', 'SUBMIT_REQUIREMENTS', 'MESSAGES'];
    return (await this.rest(this.bot, `/a/changes/${number}?${options.map((each) => `o=${each}`).join('&')}`)).body;
  }

  async head(project: string): Promise<string> {
    return (await this.must('GET', `/a/projects/${encodeURIComponent(project)}/branches/main`)).revision;
  }

  remote({ user, password }: Person, project: string): string {
    return `${this.server.url.replace('//', `//${user}:${password}@`)}/a/${project}`;
  }

  git(work: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    return run('git', ['-C', work, ...args], { env: { ...new GitRunner(process.env['PATH']).environment } });
  }

  async #account({ user, password }: Person, groups: readonly string[]): Promise<void> {
    const details = { name: user, email: `${user}@example.com`, ssh_key: this.key.publicKey, groups };
    const { _account_id: id } = await this.must('PUT', `/a/accounts/${user}`, details);
    const token = await this.rest(this.admin, `/a/accounts/${id}/tokens/headgate`, { method: 'PUT', body: { token: password } });
    // Before 3.13 accounts have one password instead of tokens.
    if (token.status >= 400) await this.must('PUT', `/a/accounts/${id}/password.http`, { http_password: password });
  }

  async #commit(project: string, files: Readonly<Record<string, string>>, by: Person, onto?: string): Promise<string> {
    const work = await this.#work();
    await this.git(work, 'fetch', '--quiet', this.remote(by, project), onto ?? 'refs/heads/main');
    await this.git(work, 'checkout', '--quiet', '--detach', 'FETCH_HEAD');
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(work, path)), { recursive: true });
      await writeFile(join(work, path), content);
    }
    await this.git(work, 'add', '-A');
    // Gerrit refuses commits in the name of addresses that the account does not have.
    const email = by === this.admin ? this.#adminEmail : `${by.user}@example.com`;
    const who = ['-c', `user.name=${by.user}`, '-c', `user.email=${email}`];
    const message = `Change files\n\nChange-Id: I${randomBytes(20).toString('hex')}\n`;
    await this.git(work, ...who, 'commit', '--quiet', '-m', message);
    return work;
  }

  async #work(): Promise<string> {
    const work = await mkdtemp(join(this.#directory, 'work-'));
    await this.git(work, 'init', '--quiet');
    return work;
  }

  async #head(work: string): Promise<string> {
    return (await this.git(work, 'rev-parse', 'HEAD')).stdout.trim();
  }
}
