import type { RequestOptions } from 'node:https';
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

/** `users[].user.exec` of a kubeconfig (client.authentication.k8s.io), the command absolute or to be looked up. */
export const execPlugin = z.object({
  apiVersion: z.string().default('client.authentication.k8s.io/v1'),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
});

export type ExecPlugin = z.infer<typeof execPlugin>;

/** What a plugin answered. */
export interface ExecResult {
  readonly authorization: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** Runs an exec plugin when its last credential has expired. */
export class ExecCredential {
  readonly #plugin: ExecPlugin;
  readonly #clock: Clock;
  #auth = new ExecAuth();
  #run: Promise<ExecResult> | undefined;

  constructor(plugin: ExecPlugin, clock: Clock) {
    this.#plugin = plugin;
    this.#clock = clock;
  }

  /** One run at a time: a plugin that hangs must not be started again by every request. */
  get(): Promise<ExecResult> {
    this.#run ??= this.#start().finally(() => {
      this.#run = undefined;
    });
    return withDeadline(this.#run, this.#clock, `exec plugin ${this.#plugin.command}`);
  }

  forget(): void {
    this.#auth = new ExecAuth();
  }

  async #start(): Promise<ExecResult> {
    const options: RequestOptions = {};
    await this.#auth.applyAuthentication({ name: 'exec', exec: withExecInfo(this.#plugin) }, options);
    return { authorization: headerOf(options), cert: textOf(options.cert), key: textOf(options.key) };
  }
}

/** Plugins of the v1 API learn from this variable what is asked of them. */
function withExecInfo(plugin: ExecPlugin): ExecPlugin {
  const info = { apiVersion: plugin.apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
  return { ...plugin, env: [...(plugin.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }] };
}

function withDeadline<T>(work: Promise<T>, clock: Clock, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limits.kube.requestTimeout, () => reject(new Error(`${what} has not answered in time`)));
    work.then(resolve, reject).finally(cancel);
  });
}

function headerOf({ headers = {} }: RequestOptions): string | undefined {
  return textOf(new Map<string, unknown>(Object.entries(headers)).get('Authorization'));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
