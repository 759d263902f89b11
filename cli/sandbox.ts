import { dirname, relative, resolve } from 'node:path';
import { pause } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { HOTFIX } from '#sandbox/seed/flux-objects.ts';
import { isReady } from '#sandbox/flux/flux-objects.ts';
import { firstLine } from '#sandbox/hg/find-hg.ts';
import { breadChange, menuChange, paymentsHotfix, shopChange } from '#sandbox/seed/repositories.ts';
import { startSandbox, type Sandbox, type SandboxOptions } from '#sandbox/start.ts';
import { startServer, type RunningServer } from '#server/main.ts';
import { apiClient, type ApiClient } from './api-client.ts';
import { configPath, sandboxConfig } from './config-path.ts';
import { findStories } from './find-stories.ts';
import { print, tell, type Io } from './io.ts';
import { Page, Status } from './schema.ts';
import { isStoryOver, renderStoryLine, storyLines } from './story-lines.ts';
import { styleFor } from './style.ts';

/** What a test may put in the place of the real thing. */
export interface SandboxParts {
  readonly directory?: string;
  readonly listen?: SandboxOptions['listen'];
  readonly serve?: typeof startServer;
  /** Whether Mercurial is shown where there is an hg; default true. */
  readonly mercurial?: boolean;
}

/**
 * `headgate sandbox`: a simulated cluster, GitHub and Gerrit around the same server that `headgate serve` runs,
 * and a real Mercurial where there is one. Pushes and submits, tells
 * the stories as they happen, and that of every further push, until SIGINT or SIGTERM.
 * @throws HeadgateError TOOL_MISSING, PORT_BUSY, SANDBOX_DIRECTORY, and those of startServer
 */
export async function runSandbox(io: Io, parts: SandboxParts = {}): Promise<void> {
  tell(io, '► starting a simulated cluster, a simulated GitHub and a simulated Gerrit');
  await using sandbox = disposable(await startSandbox(sandboxOptions(io, parts)));
  const serve = parts.serve ?? startServer;
  const { configPath: config, directory } = sandbox.value;
  await using server = closing(await serve({ configPath: config, env: io.env, stderr: io.stderr, signal: io.signal }));
  tell(io, `✔ config, policies and journal are in ${relative(io.cwd, directory) || '.'}`);
  tell(io, `✔ Headgate takes webhooks at ${server.value.webhook.url} and answers at ${server.value.web.url}`);
  if (typeof sandbox.value.mercurial === 'string') tell(io, `► Mercurial is not shown: ${sandbox.value.mercurial}`);
  await sandbox.value.connect(server.value.webhook.url);
  const session = new Session(io, sandbox.value, apiClient(io, { url: server.value.web.url, token: null }));
  await session.run();
  tell(io, '► stopping: what was accepted is finished first');
}

function sandboxOptions(io: Io, { directory, listen, mercurial = true }: SandboxParts): SandboxOptions {
  const { PATH: path } = io.env;
  return {
    directory: directory ?? dirname(resolve(io.cwd, sandboxConfig)),
    clock: io.clock,
    log: silentLog,
    mercurial,
    ...(listen === undefined ? {} : { listen }),
    ...(path === undefined ? {} : { path }),
  };
}

/** A change with what was said on it. */
interface Reviewed {
  readonly number: number;
  readonly messages: readonly { readonly message: string; readonly tag?: string }[];
}

/** One run of the sandbox: the first push, then whatever is pushed. */
class Session {
  readonly #io: Io;
  readonly #sandbox: Sandbox;
  readonly #client: ApiClient;
  #telling: Promise<void> = Promise.resolve();

  constructor(io: Io, sandbox: Sandbox, client: ApiClient) {
    this.#io = io;
    this.#sandbox = sandbox;
    this.#client = client;
  }

  /** Until the signal aborts; what an abort interrupts is no error. */
  async run(): Promise<void> {
    try {
      await this.#untilSettled();
      if (!this.#io.signal.aborted) await this.#play();
    } catch (error) {
      if (!this.#io.signal.aborted) throw error;
    }
  }

  async #play(): Promise<void> {
    const { github } = this.#sandbox;
    const unsubscribe = github.onDelivery(({ id, status, answer }) => {
      this.#telling = this.#telling.then(() => this.#tellStory(id, status, answer));
    });
    const revision = await this.#push();
    await this.#telling;
    if (!this.#io.signal.aborted) await this.#submit();
    if (!this.#io.signal.aborted) await this.#pushMercurial();
    if (!this.#io.signal.aborted) await this.#pushPastReview();
    if (!this.#io.signal.aborted) await this.#pushDenied();
    await this.#telling;
    if (!this.#io.signal.aborted) print(this.#io, nextCommands(this.#io, this.#sandbox, revision, `${this.#client.address.url}/`));
    await aborted(this.#io.signal);
    unsubscribe();
    await this.#telling;
  }

  async #push(): Promise<string> {
    print(this.#io, ['', 'octocat pushes a commit to acme/shop, branch main:']);
    const message = 'Greet by name';
    const pushed = await this.#sandbox.github.push({ repository: 'acme/shop', files: shopChange('Hello', '2'), message });
    return pushed.after ?? '';
  }

  /** A change that was reviewed deploys, and hears of it. */
  async #submit(): Promise<void> {
    const { gerrit } = this.#sandbox;
    print(this.#io, ['', 'waiter approves and submits the change of cook to acme/menu, branch main, in Gerrit:']);
    const change = await gerrit.createChange({ project: 'acme/menu', by: 'cook', files: menuChange('stew'), subject: 'Cook a stew' });
    await gerrit.vote(change, { by: 'waiter', value: 2 });
    await gerrit.submit(change, 'waiter');
    await this.#tellOfCommit(change.patchSets[0]?.revision ?? '');
    await this.#tellMessages(change);
  }

  /** A real push: the hook tells of it, and what is allowed is published for Flux. Whatever goes wrong with it is said in one line. */
  async #pushMercurial(): Promise<void> {
    const { mercurial, cluster } = this.#sandbox;
    if (mercurial === null || typeof mercurial === 'string') return;
    try {
      // What is there is published by the first sweep; a push before that would take its place.
      await cluster.waitFor('Kustomization', 'bread', 'bread', isReady, limits.sandbox.storyTimeout);
      print(this.#io, ['', 'baker pushes a changeset to bread, branch default, with hg:']);
      const { node, said } = await mercurial.push(breadChange('wheat'), 'Bake wheat bread');
      print(this.#io, [`  remote: ${said}`]);
      await this.#tellOfCommit(node);
    } catch (error) {
      if (!this.#io.signal.aborted) tell(this.#io, `✗ Mercurial cannot be shown: ${firstLine(messageOf(error))}`);
    }
  }

  /** Administrators of a Gerrit can push past review; policy asks for it all the same. */
  async #pushPastReview(): Promise<void> {
    print(this.#io, ['', 'waiter pushes a commit to acme/menu, branch main, past the review:']);
    await this.#tellOfCommit(
      await this.#sandbox.gerrit.push({ project: 'acme/menu', by: 'waiter', files: menuChange('cake'), message: 'Bake a cake' }),
    );
  }

  /** Its event comes by SSH: there is no answer that could name the delivery. */
  async #tellOfCommit(revision: string): Promise<void> {
    const { clock, signal } = this.#io;
    const deadline = clock.monotonic() + limits.sandbox.storyTimeout;
    while (!signal.aborted && clock.monotonic() < deadline) {
      const page = Page.parse(await this.#client.get('/v1/changes', { revision, limit: '1' }));
      if (page.items.length > 0) return this.#tellStory(revision, 202, '');
      await pause(clock, limits.sandbox.storyPoll, signal);
    }
  }

  /** What Headgate wrote on a change. */
  async #tellMessages({ number, messages }: Reviewed): Promise<void> {
    const { clock, signal } = this.#io;
    const deadline = clock.monotonic() + limits.sandbox.storyTimeout;
    while (!signal.aborted && clock.monotonic() < deadline) {
      const said = messages.filter(({ tag }) => tag?.startsWith('autogenerated:headgate') === true);
      for (const { message } of said) {
        const [, ...lines] = message.trim().split('\n');
        print(this.#io, [
          `Headgate says on change ${number}:`,
          ...lines.filter((line) => line !== '' && !line.startsWith('Headgate-Message:')).map((line) => `  ${line}`),
        ]);
      }
      if (said.length > 0) return;
      await pause(clock, limits.sandbox.storyPoll, signal);
    }
  }

  /** So that there is a push that did not deploy, whose reason can be looked for. */
  async #pushDenied(): Promise<void> {
    print(this.#io, ['', 'octocat pushes a commit to acme/payments, branch hotfix:']);
    const { github } = this.#sandbox;
    await github.push({ repository: 'acme/payments', branch: HOTFIX, files: paymentsHotfix, message: 'Take more payments' });
  }

  /**
   * The first push would be owed, not decided at once, to a cluster that is not known yet; and a sweep that is still under way
   * might find it before its webhook comes. GitHub's own record is looked at when the first sweep is over.
   */
  async #untilSettled(): Promise<void> {
    const { clock, signal } = this.#io;
    const deadline = clock.monotonic() + limits.sandbox.syncTimeout;
    let asked = 0;
    while (!signal.aborted && clock.monotonic() < deadline) {
      const { clusters } = Status.parse(await this.#client.get('/v1/status'));
      const { github, gerrit } = this.#sandbox;
      const requests = github.rest.requests();
      const all = requests.length + gerrit.http.requests.length;
      const isQuiet = all === asked && requests.some(({ path }) => path.includes('/hooks')) && gerrit.ssh.streams > 0;
      if (isQuiet && clusters.every(({ state }) => state === 'synced')) return;
      asked = all;
      await pause(clock, limits.sandbox.storyPoll, signal);
    }
  }

  async #tellStory(delivery: string, status: number | null, answer: string): Promise<void> {
    if (status === null || status >= 300) return tell(this.#io, `✗ the webhook was not accepted: ${status ?? ''} ${answer}`.trimEnd());
    try {
      await this.#follow(delivery);
    } catch (error) {
      if (!this.#io.signal.aborted) tell(this.#io, `✗ its story cannot be read: ${messageOf(error)}`);
    }
  }

  async #follow(delivery: string): Promise<void> {
    const { clock, signal, stdout, env } = this.#io;
    const style = styleFor(stdout, env);
    const told = new Set<string>();
    const deadline = clock.monotonic() + limits.sandbox.storyTimeout;
    while (!signal.aborted && clock.monotonic() < deadline) {
      const { stories, deliveries } = await findStories(this.#client, delivery);
      for (const story of stories) {
        const lines = storyLines(story).filter(({ key }) => !told.has(key));
        for (const line of lines) told.add(line.key);
        print(
          this.#io,
          lines.map((line) => renderStoryLine(line, story.delivery.receivedAt, style)),
        );
      }
      if (stories.length > 0 && stories.every(isStoryOver)) return;
      if (deliveries.some(({ state }) => state !== 'pending')) return;
      await pause(clock, limits.sandbox.storyPoll, signal);
    }
  }
}

function nextCommands(io: Io, { shopUrl, configPath: config, directory }: Sandbox, revision: string, web: string): readonly string[] {
  const option = configPath(io, undefined) === config ? '' : ` --config ${relative(io.cwd, config)}`;
  const command = (words: string, what: string): string => `  ${`bin/headgate ${words}${option}`.padEnd(40 + option.length)}${what}`;
  const clone = relative(io.cwd, `${directory}/shop`);
  return [
    '',
    'See in a browser why the last two pushes did not deploy:',
    `  ${web}`,
    'Try in another terminal, from this directory:',
    command(`trace ${revision.slice(0, 12)}`, 'the whole story'),
    command('get deliveries', 'what was received'),
    command('get targets', 'what can be brought to a revision'),
    command('check', 'the connections'),
    'Push something yourself; its story is told here:',
    `  git clone ${shopUrl} ${clone} && cd ${clone}`,
    "  echo 'broken: [' >> deploy/app/config.yaml && git commit -am 'Break it' && git push",
    'Ctrl-C ends it.',
  ];
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function disposable(value: Sandbox): { readonly value: Sandbox; [Symbol.asyncDispose](): Promise<void> } {
  return { value, [Symbol.asyncDispose]: () => value.stop() };
}

function closing(value: RunningServer): { readonly value: RunningServer; [Symbol.asyncDispose](): Promise<void> } {
  return { value, [Symbol.asyncDispose]: () => value.close() };
}
