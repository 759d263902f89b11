import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Rendered, Renderer } from '#core/ports/renderer.ts';
import type { PreflightFile } from '#core/preflight.ts';

export interface KustomizeOptions {
  /** Of the process: where programs are. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs `kustomize build`, or `kubectl kustomize`, on files in a directory of their own. What it may not do: run plugins and Helm (off unless asked for), read files outside
 * the directory that is built (its load restrictor), find git or anything else on its PATH, and reach other hosts: whoever calls refuses addresses before,
 * and proxies that nobody listens at are in its environment.
 */
export function createKustomize({ env }: KustomizeOptions): Renderer {
  return {
    async render(files, directories, signal) {
      const program = programOn(env['PATH'] ?? '');
      const root = await mkdtemp(join(tmpdir(), 'headgate-preflight-'));
      try {
        await writeAll(root, files);
        const rendered: Rendered[] = [];
        for (const directory of directories.slice(0, limits.preflight.builds)) rendered.push(await build(program, root, directory, signal));
        return [...rendered, ...directories.slice(limits.preflight.builds).map(tooMany)];
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    },
  };
}

interface Program {
  readonly file: string;
  readonly verb: string;
}

/** kubectl has kustomize in it. @throws HeadgateError TOOL_MISSING */
function programOn(path: string): Program {
  const directories = path.split(delimiter).filter((directory) => directory !== '');
  for (const [name, verb] of [
    ['kustomize', 'build'],
    ['kubectl', 'kustomize'],
  ] as const) {
    const found = directories.map((directory) => join(directory, name)).find(isExecutable);
    if (found !== undefined) return { file: found, verb };
  }
  throw new HeadgateError('TOOL_MISSING', 'neither kustomize nor kubectl is on the PATH of the server');
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Paths stay below the root whatever they say. */
async function writeAll(root: string, files: readonly PreflightFile[]): Promise<void> {
  for (const { path, text } of files) {
    const file = resolve(root, path);
    if (!file.startsWith(`${root}${sep}`)) throw new HeadgateError('REQUEST_INVALID', `${path} is not a path below the root`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

const nobody = 'http://127.0.0.1:9';

function build({ file, verb }: Program, root: string, directory: string, signal: AbortSignal): Promise<Rendered> {
  const options = {
    cwd: root,
    env: { HOME: root, PATH: '', http_proxy: nobody, https_proxy: nobody, HTTP_PROXY: nobody, HTTPS_PROXY: nobody, NO_PROXY: '' },
    maxBuffer: limits.preflight.builtBytes,
    signal,
    killSignal: 'SIGKILL',
  } as const;
  return new Promise((settle) => {
    execFile(file, [verb, `./${directory}`], options, (error, stdout, stderr) => {
      if (error)
        settle({ directory, unbuilt: whyNot(error, stderr, root), isWrong: !signal.aborted && !isRestricted(stderr) && isExit(error) });
      else settle({ directory, yaml: stdout });
    });
  });
}

/** Flux loads files that lie beside the directory; here that could be any file of the server. */
function isRestricted(stderr: string): boolean {
  return stderr.includes('is not in or below');
}

/** It ended by itself: whatever is wrong is wrong with what it was given. */
function isExit(error: Error & { readonly code?: string | number | null }): boolean {
  return typeof error.code === 'number';
}

function whyNot(error: Error, stderr: string, root: string): string {
  const said = (stderr.trim() === '' ? error.message : stderr.trim()).replaceAll(root, '').slice(0, 1_000);
  return `kustomize: ${said.replace(/^Error: /, '')}`;
}

function tooMany(directory: string): Rendered {
  return { directory, unbuilt: `more than ${limits.preflight.builds} directories: this one was not built`, isWrong: false };
}
