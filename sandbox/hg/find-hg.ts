import { messageOf } from '#core/errors.ts';
import { runHg, type HgProgram } from './run-hg.ts';

/** The oldest that the hook is tried on. */
const LEAST = [6, 3] as const;

/**
 * The hg of this machine, if it can be used; else in one line why not, and how to get one. Never rejects.
 * @param path in the form of $PATH
 */
export async function findHg(path: string | undefined, home: string): Promise<HgProgram | string> {
  const hg = { path, home };
  try {
    const said = await runHg(hg, home, ['version', '--quiet']);
    const [, version, major, minor] = /version ((\d+)\.(\d+)\S*?)\)?\s*$/.exec(said) ?? [];
    if (version === undefined) return `\`hg\` is not Mercurial; ${HOW}`;
    const isOld = Number(major) < LEAST[0] || (Number(major) === LEAST[0] && Number(minor) < LEAST[1]);
    return isOld ? `Mercurial ${version} is older than ${LEAST.join('.')}; ${HOW}` : hg;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing ? `there is no \`hg\` here; ${HOW}` : `\`hg\` does not work (${firstLine(messageOf(error))}); ${HOW}`;
  }
}

/** Of what a program complained about. */
export function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 200);
}

const HOW = '`apt-get install mercurial` or `pip install mercurial`, then start again';
