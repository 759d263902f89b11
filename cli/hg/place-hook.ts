import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { firstLine, type HookPlan } from './hook-settings.ts';

const hooks = join(import.meta.dirname, '..', '..', 'hooks', 'hg');

export interface PlacedHook {
  /** Paths, in the order of the plan. */
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  /** What is doubtful about it, in words. */
  readonly doubts: readonly string[];
}

/**
 * Brings the hook, the spool and the hgrc to where they belong; what is there already as it should be is left alone. The hgrc comes last, so that hg never
 * looks for a hook that is not there.
 * @throws HeadgateError USAGE where something else is in the way, where anybody could change what people's hg will run, or where it cannot be written
 */
export async function placeHook({ form, hook, hgrc, spool, secretFile, fragment }: HookPlan): Promise<PlacedHook> {
  await requireOurs(hgrc);
  const files = [
    { path: hook, text: await readFile(join(hooks, form), 'utf8') },
    { path: hgrc, text: fragment },
  ];
  const [written, unchanged]: [string[], string[]] = [[], []];
  try {
    if (spool !== null) ((await makeSpool(spool)) ? written : unchanged).push(spool);
    for (const { path, text } of files) {
      await requireSafe(dirname(path));
      ((await put(path, text)) ? written : unchanged).push(path);
    }
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    throw new HeadgateError('USAGE', messageOf(error), { hint: 'Run it as an account that may write there, mostly root.', cause: error });
  }
  return { written, unchanged, doubts: [...(await doubtsOfSecret(secretFile)), ...(await doubtsOfHgrc(hgrc))] };
}

/** An hgrc of somebody else is not ours to write. */
async function requireOurs(hgrc: string): Promise<void> {
  const text = await readFile(hgrc, 'utf8').catch(() => '');
  if (text === '' || text.startsWith(firstLine)) return;
  throw new HeadgateError('USAGE', `${hgrc} holds something else`, {
    hint: 'Name another file with --hgrc, or add to it by hand what --dry-run prints.',
  });
}

/** Whoever can write there decides what runs in everybody's push. */
async function requireSafe(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const { mode } = await stat(directory);
  if ((mode & 0o002) === 0) return;
  throw new HeadgateError('USAGE', `everybody may write to ${directory}: what lies there would run in everybody's push`, {
    hint: `Choose another directory, or take that right away: chmod o-w ${directory}`,
  });
}

async function makeSpool(spool: string): Promise<boolean> {
  const before = await stat(spool).catch(() => undefined);
  if (before) return false;
  await mkdir(spool, { recursive: true });
  await chmod(spool, 0o700);
  return true;
}

/** Whole or not at all. @returns whether it was not there so already */
async function put(path: string, text: string): Promise<boolean> {
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before === text) return false;
  const temporary = join(dirname(path), `.headgate-${process.pid}`);
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await chmod(temporary, 0o644);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return true;
}

async function doubtsOfSecret(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return [`${path} is not there yet: bring what the hook vouches with there, one of the source's secrets or this host's token`];
  return (found.mode & 0o004) === 0 ? [] : [`everybody may read ${path}, and could say that anybody pushed anything: chmod o-r ${path}`];
}

/** Files of the system are always trusted; a repository's own are, where they belong to the account that hg runs as ("trusted" in hgrc(5)). */
async function doubtsOfHgrc(hgrc: string): Promise<readonly string[]> {
  if (!hgrc.endsWith('/.hg/hgrc')) return [];
  const [file, repository] = await Promise.all([stat(hgrc), stat(dirname(dirname(hgrc)))]);
  if (file.uid === repository.uid) return [];
  return [
    `${hgrc} does not belong to the account of the repository: hg skips its hooks for everybody whose [trusted] does not name its owner`,
  ];
}
