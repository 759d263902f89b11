/** What of the caller's environment git and hg may see: where programs, proxies and authorities are. */
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
] as const;

export type Variables = Readonly<Record<string, string | undefined>>;

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin';

/**
 * What an environment for such a tool begins with: of `passed` what it may see, and a path in any case.
 * @param besides what this tool may see too
 */
export function toolEnvironment(passed: Variables, besides: readonly string[] = []): Record<string, string> {
  const chosen = [...passedVariables, ...besides].flatMap((name) => (passed[name] === undefined ? [] : [[name, passed[name]] as const]));
  return { PATH: DEFAULT_PATH, ...Object.fromEntries(chosen) };
}
