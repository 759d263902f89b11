import { createHash } from 'node:crypto';

/** An account of GitHub as payloads show it; the same login always has the same id. */
export function account(
  login: string,
  type: 'User' | 'Organization' = 'User',
): Readonly<Record<string, unknown>> & { readonly id: number } {
  return {
    login,
    id: stableId(login),
    node_id: Buffer.from(`04:${type}${stableId(login)}`).toString('base64'),
    avatar_url: '',
    gravatar_id: '',
    url: `https://api.github.com/users/${login}`,
    html_url: `https://github.com/${login}`,
    type,
    site_admin: false,
  };
}

/** A whole number that depends on the name alone. */
export function stableId(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0);
}
