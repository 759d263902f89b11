import type { SourceObject } from '#core/target.ts';

/**
 * Whether Flux fetches it without TLS: `spec.insecure`, and whatever go-containerregistry takes for a registry of the machine or of its own network
 * (pkg/name/registry.go, `Scheme`).
 */
export function isFetchedPlain({ url, insecure }: Pick<SourceObject, 'url' | 'insecure'>): boolean {
  if (insecure) return true;
  const [, host = ''] = /^oci:\/\/([^/]+)/.exec(url) ?? [];
  return /^localhost(:|$)|\.local(host)?(:\d{1,5})?$|^127\.0\.0\.1(:|$)|^\[?::1\]?(:|$)/.test(host) || isPrivate(host.replace(/:\d+$/, ''));
}

/** RFC 1918, section 3. */
function isPrivate(host: string): boolean {
  const [first = -1, second = -1, ...rest] = /^\d+\.\d+\.\d+\.\d+$/.test(host) ? host.split('.').map(Number) : [];
  if (rest.length !== 2) return false;
  return first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168);
}
