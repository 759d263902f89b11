/** What of the caller's environment git may see: where programs, proxies and authorities are. */
const passedVariables = [
  'PATH',
  'TMPDIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
] as const;

export type Variables = Readonly<Record<string, string | undefined>>;
/** A line of git's configuration: key and value. */
export type Setting = readonly [key: string, value: string];

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin';

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
    PATH: DEFAULT_PATH,
    ...chosen(passed),
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

function chosen(passed: Variables): Record<string, string> {
  const entries = passedVariables.map((name) => [name, passed[name]] as const);
  // git's curl does not look at the variable that most programs know; git has its own name for it.
  const named = [['GIT_SSL_CAINFO', passed['SSL_CERT_FILE']] as const, ...entries];
  return Object.fromEntries(named.filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined));
}

/** git(1), GIT_CONFIG_COUNT. */
function configVariables(settings: readonly Setting[]): Record<string, string> {
  const pairs = settings.flatMap(([key, value], index): (readonly [string, string])[] => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) };
}
