import { toolEnvironment, type Variables } from '#adapters/tool-environment.ts';

/**
 * An environment for hg made from nothing but what is named here. `+strictflags` of HGPLAIN: options before the command alone are options of hg,
 * so that none can be smuggled in behind it. HGRCPATH in place of the files of this machine and its users, HGRCSKIPREPO of those of the clone.
 * @param home a directory without anything that programs would read
 * @param rc the configuration, the only one
 */
export function hgEnvironment(passed: Variables, home: string, rc: string): Record<string, string> {
  return {
    ...toolEnvironment(passed),
    HOME: home,
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    HGPLAIN: '+strictflags',
    HGRCPATH: rc,
    HGRCSKIPREPO: '1',
    HGENCODING: 'UTF-8',
    HGUSER: 'headgate',
  };
}

/**
 * Nothing is asked, no repository named by a pushed file is fetched, archives say nothing of tags (they would change with them), and markers of
 * obsolescence come with a pull. No extension: what a repository needs, hg loads by itself.
 */
export const localSettings = `[ui]
interactive = False
archivemeta = False
timeout = 30
merge = internal:fail
[subrepos]
allowed = False
[experimental]
evolution = all
[progress]
disable = True
`;
