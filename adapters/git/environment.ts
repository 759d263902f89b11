import { toolEnvironment, type Variables } from '#adapters/tool-environment.ts';

/** A line of git's configuration: key and value. */
export type Setting = readonly [key: string, value: string];

/** git-config(1): nothing runs, nothing is asked, nothing is followed, nothing unsound is kept. */
const fixed: readonly Setting[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.askPass', ''],
  ['credential.helper', ''],
  ['protocol.version', '2'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  // Credentials are for the host that they were configured for.
  ['http.followRedirects', 'false'],
  ['http.sslVerify', 'true'],
  ['http.lowSpeedLimit', '100'],
  ['http.lowSpeedTime', '60'],
  ['transfer.credentialsInUrl', 'die'],
  ['pack.threads', '1'],
  ['log.showSignature', 'false'],
  ['log.mailmap', 'false'],
  ['i18n.logOutputEncoding', 'UTF-8'],
  ['transfer.fsckObjects', 'true'],
  ...soundEnough(),
];

/** Faults in the objects of many old histories, harmless to who reads names and ids: git-fsck(1), "FSCK MESSAGES". */
function soundEnough(): readonly Setting[] {
  const faults = [
    'badDate',
    'badDateOverflow',
    'badEmail',
    'badName',
    'badTimezone',
    'gitmodulesMissing',
    'missingEmail',
    'missingNameBeforeEmail',
    'missingSpaceBeforeDate',
    'missingSpaceBeforeEmail',
    'multipleAuthors',
    'zeroPaddedDate',
    'zeroPaddedFilemode',
  ];
  return faults.map((fault) => [`fetch.fsck.${fault}`, 'ignore']);
}

/**
 * An environment for git made from nothing but what is named here.
 * Settings travel in it rather than in arguments: arguments can be read by everybody on the machine.
 * @param protocols that git may speak; none keeps it on this machine
 */
export function gitEnvironment(passed: Variables, protocols: readonly string[], settings: readonly Setting[] = []): Record<string, string> {
  return {
    ...authorities(passed),
    ...toolEnvironment(passed, ['GIT_SSL_CAINFO', 'GIT_SSL_CAPATH']),
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: protocols.join(':'),
    GIT_SSH_VARIANT: 'ssh',
    ...configVariables([...fixed, ...settings]),
  };
}

/** git's curl does not look at the variable that most programs know; git has its own name for it. */
function authorities({ SSL_CERT_FILE: file }: Variables): Record<string, string> {
  return file === undefined ? {} : { GIT_SSL_CAINFO: file };
}

/** git(1), GIT_CONFIG_COUNT. */
function configVariables(settings: readonly Setting[]): Record<string, string> {
  const pairs = settings.flatMap(([key, value], index): (readonly [string, string])[] => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) };
}
