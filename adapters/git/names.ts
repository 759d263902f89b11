import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

/**
 * Whether a text can be a repository's name: path segments of letters, digits and `_ ~ . + -`, none of which begins with a dash
 * or walks up.
 */
export function isRepositoryName(name: string): boolean {
  const segments = name.split('/');
  return (
    name.length <= limits.hint.repositoryChars &&
    segments.every((part) => /^[\p{L}\p{N}_~.+][\p{L}\p{N}_~.+-]*$/u.test(part) && !/^\.\.?$/.test(part))
  );
}

/** URLs that git may be given. */
export type GitScheme = 'http' | 'https' | 'ssh';

/**
 * The scheme of a clone URL that carries no password, query or fragment; a user's name only for SSH.
 * @throws HeadgateError SOURCE_REFUSED
 */
export function schemeOf(cloneUrl: string): GitScheme {
  const url = URL.parse(cloneUrl);
  const scheme = (['http', 'https', 'ssh'] as const).find((name) => `${name}:` === url?.protocol);
  if (url === null || scheme === undefined || !isPlain(cloneUrl, url)) {
    throw new HeadgateError('SOURCE_REFUSED', 'a clone URL must be plain http, https or ssh, without password, query or fragment');
  }
  if (scheme !== 'ssh' && url.username !== '') throw new HeadgateError('SOURCE_REFUSED', 'credentials do not belong into a clone URL');
  return scheme;
}

function isPlain(text: string, url: URL): boolean {
  if (/[\p{Cc}\s\\]/u.test(text) || text.length > limits.url.chars) return false;
  return url.password === '' && url.search === '' && url.hash === '' && !url.hostname.startsWith('-') && !url.username.startsWith('-');
}
