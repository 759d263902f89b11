import { limits } from '#core/limits.ts';
import type { SignedObject } from '#core/signature.ts';
import { linesOf } from '#adapters/hg/tags/tag-file.ts';

/** `hg sign` (hgext/gpg.py): the changeset, the version of what is signed, and a detached signature in base64. */
const line = /^([0-9a-f]{40}) 0 ([A-Za-z0-9+/]+={0,2})\r?$/;

/**
 * What `.hgsigs` says was signed, by node. Nothing of it is verified, and lines that are none are passed over, as Mercurial does.
 * What is signed is exactly the node and a line feed.
 * @throws HeadgateError CONTENT_TOO_LARGE
 */
export function parseSignatureFile(bytes: Uint8Array): ReadonlyMap<string, SignedObject> {
  const found = new Map<string, Set<string>>();
  for (const bytesOfLine of linesOf(bytes)) {
    const [, node, base64] = line.exec(bytesOfLine.toString('latin1')) ?? [];
    if (node === undefined || base64 === undefined) continue;
    const own = found.get(node) ?? new Set();
    if (own.size < limits.hgTags.signatures) found.set(node, own.add(base64));
  }
  return new Map([...found].map(([node, all]) => [node, allOf(node, [...all])]));
}

function allOf(node: string, [first = '', ...others]: readonly string[]): SignedObject {
  const one = (base64: string): SignedObject => ({ payload: `${node}\n`, signature: armoured(base64) });
  return { ...one(first), ...(others.length > 0 ? { others: others.map(one) } : {}) };
}

/** As it would stand in a git object. What gpg was told to armour is so already. */
function armoured(base64: string): string {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  if (text.startsWith('-----BEGIN PGP SIGNATURE-----')) return text;
  return `-----BEGIN PGP SIGNATURE-----\n\n${base64.replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END PGP SIGNATURE-----\n`;
}
