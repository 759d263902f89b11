import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { requireRepository } from '../names.ts';
import { noSettings, readHgrc, type WebSettings } from '../rights/hgrc.ts';
import type { HgSource } from '../schema.ts';
import { credentialFault } from './hook-credential.ts';

export interface HookQuestion {
  readonly about: string;
  readonly source: HgSource;
  readonly repositories: readonly string[];
  /** Where the configuration of the machine's hg lies; `/etc/mercurial`. */
  readonly system: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A hook of ours that some file runs. */
interface Installed {
  /** `txnclose.headgate` */
  readonly item: string;
  readonly value: string;
  /** The file that says so last. */
  readonly from: string;
  /** `[headgate]` of all files. */
  readonly settings: WebSettings;
  readonly unread: string | null;
}

/** Whether our hook is installed for each repository, where the config says that they lie on this machine (`rights`). */
export async function checkHooks(question: HookQuestion): Promise<readonly Finding[]> {
  const { source, repositories } = question;
  if (source.type !== 'hg' || !source.rights || !source.webhook) return [];
  return Promise.all(repositories.map((repository) => hookFinding(question, repository)));
}

async function hookFinding(question: HookQuestion, repository: string): Promise<Finding> {
  const { about, source } = question;
  try {
    const found = await installedAt(question, repository);
    if (found === undefined)
      return finding('HG_HOOK', about, 'warning', `no hook of Headgate runs for ${repository}`, installWords(source));
    if (found.unread !== null)
      return finding('HG_HOOK', about, 'unknown', `${found.from} is not followed where it says ${JSON.stringify(found.unread)}`);
    const fault = await faultOf(question, repository, found);
    return fault ?? finding('HG_HOOK', about, 'good', `hook of ${repository}: ${found.item} of ${found.from}`);
  } catch (error) {
    return finding('HG_HOOK', about, 'unknown', `the hook of ${repository} could not be looked at: ${messageOf(error)}`);
  }
}

/** Files in the order in which hg reads them; a later one goes before. */
async function installedAt({ source, system }: HookQuestion, repository: string): Promise<Installed | undefined> {
  const own = join(source.rights?.repositories ?? '', requireRepository(repository), '.hg', 'hgrc');
  const files = [...(await systemFiles(system)), ...(source.rights?.hgrc ?? []).map(({ file }) => file), own];
  let [hooks, settings] = [noSettings, noSettings];
  let found: Pick<Installed, 'item' | 'value' | 'from'> | undefined;
  for (const from of files) {
    const text = await textOf(from);
    [hooks, settings] = [readHgrc(hooks, text, 'hooks'), readHgrc(settings, text, 'headgate')];
    const ours = [...hooks.values].find(([, value]) => /headgate[-_]hook/.test(value));
    if (ours === undefined) found = undefined;
    else if (found?.value !== ours[1]) found = { item: ours[0], value: ours[1], from };
  }
  if (found === undefined) return hooks.unread === null ? undefined : { item: '', value: '', from: own, settings, unread: hooks.unread };
  return { ...found, settings, unread: null };
}

async function systemFiles(system: string): Promise<readonly string[]> {
  const directory = join(system, 'hgrc.d');
  const names = await readdir(directory).catch(() => []);
  const more = names.filter((name) => name.endsWith('.rc')).toSorted();
  return [join(system, 'hgrc'), ...more.map((name) => join(directory, name))];
}

/** Empty where there is none. */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** What keeps it from running, or from being heard. */
async function faultOf(
  { about, source, now }: HookQuestion,
  repository: string,
  { value, from, settings }: Installed,
): Promise<Finding | undefined> {
  const bad = (message: string, mend: string): Finding =>
    finding('HG_HOOK', about, 'warning', `hook of ${repository}: ${message}`, { mend });
  const program = /\/[^\s:]*headgate[-_]hook\.(?:py|sh)/.exec(value)?.[0];
  const lies = program === undefined ? undefined : await stat(program).catch(() => undefined);
  if (program !== undefined && lies === undefined) return bad(`${program} is not there`, installWords(source).mend);
  if (lies && (lies.mode & 0o002) !== 0)
    return bad(`everybody may change ${program}, which runs in people's pushes`, `\`chmod o-w ${program}\``);
  const untrusted = await isUntrusted(from);
  if (untrusted !== undefined)
    return bad(`${from} does not belong to the owner of the repository: hg may skip it`, `\`chown --reference=${untrusted} ${from}\``);
  const url = settings.values.get('url') ?? '';
  if (!new RegExp(`/hooks/${source.name}/?$`).test(url))
    return bad(
      `its url is ${url === '' ? 'not set' : JSON.stringify(url)}, which is not /hooks/${source.name}`,
      `Set \`url\` of [headgate] in ${from}.`,
    );
  const fault = await credentialFault({ source, settings: settings.values, now });
  return fault && bad(fault.message, fault.mend);
}

/** hg trusts files of the system, and those of the account that it runs as ("trusted" in hgrc(5)). @returns whose it should be */
async function isUntrusted(hgrc: string): Promise<string | undefined> {
  if (!hgrc.endsWith('/.hg/hgrc')) return undefined;
  const repository = dirname(dirname(hgrc));
  const [file, directory] = await Promise.all([stat(hgrc), stat(repository)]);
  return file.uid === directory.uid ? undefined : repository;
}

function installWords({ name, url, rights }: HgSource): { readonly mend: string } {
  const command = `headgate hg install-hook --url https://<this machine>/hooks/${name} --base ${url} --root ${rights?.repositories ?? '<directory>'}`;
  return { mend: `\`${command}\`: docs/how-to/mercurial-hook.md.` };
}
