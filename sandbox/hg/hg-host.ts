import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { findHg, firstLine } from './find-hg.ts';
import { startHgServe } from './hg-serve.ts';
import { runHg, type HgProgram } from './run-hg.ts';

type Files = Readonly<Record<string, string>>;

export interface HgHostOptions {
  readonly clock: Clock;
  /** Made by whoever asks; everything is kept in it. */
  readonly directory: string;
  /** $PATH to find hg in. */
  readonly path: string | undefined;
  /** Name of the one repository, and what it holds at first. */
  readonly repository: string;
  readonly files: Files;
}

/** A real Mercurial that serves one small repository by HTTP, with the hook of this project, and somebody who pushes to it. */
export interface HgHost {
  /** Base URL below which the repository lies. */
  readonly url: string;
  /** What the hook signs with. */
  readonly secret: string;
  /** Installs the hook. @param webhook where deliveries of the source are taken */
  connect(webhook: string): Promise<void>;
  /** Commits files and pushes. @returns the changeset, and what the hook said to the pusher (`queued dlv_…`) */
  push(files: Files, message: string): Promise<{ readonly node: string; readonly said: string }>;
  readonly stop: () => Promise<void>;
}

const hook = join(import.meta.dirname, '..', '..', 'hooks', 'hg', 'headgate_hook.py');

/** Of the one who pushes, and of `hg serve`: anybody may push to it, and what is pushed is public. */
const hgrc = `[ui]
username = Baker <baker@example.com>
[web]
push_ssl = False
allow-push = *
allow-archive = gz
[phases]
publish = True
`;

/** In one line why there is none, where hg is missing, old or broken. Never rejects. */
export async function startHgHost(options: HgHostOptions, secret: string): Promise<HgHost | string> {
  try {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    await writeFile(join(options.directory, 'hgrc'), hgrc, { mode: 0o600 });
    const hg = await findHg(options.path, options.directory);
    return typeof hg === 'string' ? hg : await serve(hg, options, secret);
  } catch (error) {
    return `Mercurial is there, but does not serve: ${firstLine(messageOf(error))}`;
  }
}

async function serve(hg: HgProgram, { clock, directory, repository, files }: HgHostOptions, secret: string): Promise<HgHost> {
  const served = join(directory, 'srv', repository);
  const work = join(directory, 'work');
  await mkdir(dirname(served), { recursive: true });
  const commit = async (changed: Files, message: string): Promise<string> => {
    for (const [name, text] of Object.entries(changed)) {
      await mkdir(dirname(join(work, name)), { recursive: true });
      await writeFile(join(work, name), text);
    }
    await runHg(hg, work, ['commit', '--quiet', '--addremove', '--message', message]);
    return (await runHg(hg, work, ['log', '--rev=.', '--template={node}'])).trim();
  };
  await runHg(hg, directory, ['init', work]);
  await commit(files, 'Begin');
  await runHg(hg, directory, ['clone', '--quiet', '--noupdate', work, served]);
  const webConf = join(directory, 'web.conf');
  await writeFile(webConf, `[paths]\n${repository} = ${served}\n`);
  const { url, stop } = await startHgServe(hg, clock, webConf);
  const secretFile = join(directory, 'hook-secret');
  await writeFile(secretFile, `${secret}\n`, { mode: 0o600 });
  return {
    url,
    secret,
    stop,
    async connect(webhook) {
      const own = [`url = ${webhook}`, `secret-file = ${secretFile}`, `repo = ${url}/${repository}`];
      const lines = ['[hooks]', `txnclose.headgate = python:${hook}:txnclose`, '[headgate]', ...own, ''];
      await writeFile(join(served, '.hg', 'hgrc'), lines.join('\n'), { mode: 0o600 });
    },
    async push(changed, message) {
      const node = await commit(changed, message);
      const said = await runHg(hg, work, ['push', `${url}/${repository}`]);
      return { node, said: /^remote: (headgate: .*)$/m.exec(said)?.[1] ?? '' };
    },
  };
}
