import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { AccountRights, Right, SourceRights, WatchedRef } from '#core/ports/source-rights.ts';
import { requireRepository } from '../names.ts';
import type { HgRights } from '../schema.ts';
import { namedIn, noSettings, readHgrc, type Named, type WebSettings } from './hgrc.ts';

/**
 * What hgweb lets users do by the hgrc files on this machine, read anew for each question. They are the whole of it for whoever comes by HTTP: by SSH,
 * and as a file, a repository is open to whoever the machine lets in, which none of them says.
 */
export function createHgrcRights(config: HgRights): SourceRights {
  return {
    async rights({ refs, accounts }) {
      const repositories = [...new Set(refs.map(({ repository }) => repository))];
      const settings = new Map(await Promise.all(repositories.map(async (name) => [name, await settingsOf(config, name)] as const)));
      return accounts.flatMap((account) =>
        refs.map((watched) => rightsOf(account, watched, settings.get(watched.repository) ?? 'it was not read')),
      );
    },
  };
}

/** In the order in which hgweb reads them, or in words why they could not be read. */
async function settingsOf({ hgrc, repositories }: HgRights, repository: string): Promise<WebSettings | string> {
  try {
    const own = join(repositories, requireRepository(repository), '.hg');
    if (!(await stat(own)).isDirectory()) return `${own} is no directory`;
    let settings = noSettings;
    for (const { file } of hgrc) settings = readHgrc(settings, await textOf(file));
    return readHgrc(settings, await textOf(join(own, 'hgrc'), ''));
  } catch (error) {
    return messageOf(error);
  }
}

async function textOf(file: string, absent?: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > limits.config.fileBytes) throw new Error(`${file} is larger than ${limits.config.fileBytes} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (absent !== undefined && error instanceof Error && 'code' in error && error.code === 'ENOENT') return absent;
    throw error;
  }
}

function rightsOf(account: string, watched: WatchedRef, settings: WebSettings | string): AccountRights {
  const who = { ...watched, account, name: account };
  const submit: Right = { answer: 'no', why: null }; // it has no review that one could submit
  if (typeof settings === 'string') {
    const unknown: Right = { answer: 'unknown', why: `what hgweb reads could not be read: ${settings}` };
    return { ...who, read: unknown, push: unknown, submit };
  }
  const read = rightBy(account, namedIn(settings, 'deny_read'), namedIn(settings, 'allow_read'), readable);
  return { ...who, read, push: read.answer === 'no' ? read : pushOf(account, settings, read), submit };
}

/** Whoever may not read is not asked for more (hgweb/common.py, `checkauthz`). */
function pushOf(account: string, settings: WebSettings, read: Right): Right {
  const push = rightBy(account, namedIn(settings, 'deny_push'), namedIn(settings, 'allow-push', 'allow_push'), pushable);
  return push.answer === 'yes' && read.answer === 'unknown' ? read : push;
}

interface Words {
  /** Where no list says who may. */
  readonly otherwise: Right;
  readonly what: string;
}

const readable: Words = { otherwise: { answer: 'yes', why: null }, what: 'read' };
const pushable: Words = { otherwise: { answer: 'no', why: 'hgweb lets nobody push without web.allow-push' }, what: 'push' };

function rightBy(account: string, deny: Named, allow: Named, { otherwise, what }: Words): Right {
  if ('unknown' in deny) return { answer: 'unknown', why: deny.unknown };
  if (isMember(account, deny.names)) return { answer: 'no', why: `web.deny_${what} names them` };
  if ('unknown' in allow) return { answer: 'unknown', why: allow.unknown };
  if (allow.names.length === 0) return otherwise;
  if (isMember(account, allow.names)) return { answer: 'yes', why: null };
  return { answer: 'no', why: `by HTTP; web.allow${what === 'push' ? '-' : '_'}${what} does not name them` };
}

/** hgweb/common.py, `ismember`: a star counts where it stands alone. */
function isMember(account: string, names: readonly string[]): boolean {
  return (names.length === 1 && names[0] === '*') || names.includes(account);
}
