import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { isPlainPath } from '#core/plain-path.ts';

/**
 * The name that an entry of an archive has below a directory; undefined when it lies elsewhere. Flux's untar refuses absolute names, `..` and backslashes
 * (fluxcd/pkg tar/untar.go, validRelPath); whatever else could be taken for another name, or has no place in a file system, is refused here too.
 * @param name as in the archive
 * @param prefix that every name has, with its slash
 * @param path without slashes at its ends; empty for the root
 * @throws HeadgateError CONTENT_REFUSED
 */
export function nameBelow(name: string, prefix: string, path: string): string | undefined {
  if (!name.startsWith(prefix)) throw refused(name, `does not begin with ${JSON.stringify(prefix)}`);
  const full = name.slice(prefix.length);
  const wrong = wrongWith(full);
  if (wrong !== undefined) throw refused(full, wrong);
  if (path === '') return full;
  return full.startsWith(`${path}/`) ? full.slice(path.length + 1) : undefined;
}

function wrongWith(name: string): string | undefined {
  if (name.startsWith('/')) return 'is absolute';
  if (!isPlainPath(name)) return 'has parts that lead elsewhere';
  if (name.includes('\\')) return 'holds a backslash, which Flux refuses';
  if (/\p{Cc}/u.test(name)) return 'holds control characters';
  // What is no UTF-8 was replaced when it was read: two names could have become one.
  if (name.includes('\u{fffd}')) return 'is not UTF-8';
  const { nameBytes, partBytes } = limits.publish;
  if (Buffer.byteLength(name) > nameBytes || name.split('/').some((part) => Buffer.byteLength(part) > partBytes))
    return 'is too long for a file system';
  return undefined;
}

function refused(name: string, why: string): HeadgateError {
  const shown = name.length > limits.registry.saidChars ? `${name.slice(0, limits.registry.saidChars)}…` : name;
  return new HeadgateError('CONTENT_REFUSED', `a file cannot be published: its name ${JSON.stringify(shown)} ${why}`);
}
