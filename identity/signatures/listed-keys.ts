import { openArmour } from '#core/keys/armour.ts';
import { fingerprintOf, packetTypes, readPackets } from '#core/keys/openpgp-packets.ts';
import { limits } from '#core/limits.ts';
import type { PersonKey } from '#core/person.ts';

/** What verifying needs of a key that somebody lists. Its text is what core/keys/signing-key.ts has taken. */
export type ListedKey = Pick<PersonKey, 'kind' | 'fingerprint' | 'text'>;

/** An OpenPGP key that somebody lists, not opened yet: that needs a library. */
export interface ListedOpenPgpKey {
  /** Of the primary key, as core/signature.ts writes it. */
  readonly fingerprint: string;
  readonly data: Buffer;
}

/** Finds listed keys by what signatures say of their keys. */
export class ListedKeys {
  readonly #ssh: ReadonlySet<string>;
  readonly #openPgp = new Map<string, ListedOpenPgpKey[]>();

  constructor(keys: readonly ListedKey[]) {
    this.#ssh = new Set(keys.flatMap(({ kind, fingerprint }) => (kind === 'ssh' ? [fingerprint] : [])));
    for (const key of new Map(keys.map((each) => [each.fingerprint, each])).values()) if (key.kind === 'openpgp') this.#list(key);
  }

  /** @param fingerprint as core/signature.ts writes it */
  hasSsh(fingerprint: string): boolean {
    return this.#ssh.has(fingerprint);
  }

  /** Keys whose primary key or one of its subkeys has this id: hardly ever more than one. @param id 16 hex, upper case */
  openPgp(id: string): readonly ListedOpenPgpKey[] {
    return this.#openPgp.get(id) ?? [];
  }

  #list({ fingerprint, text }: ListedKey): void {
    const { data } = openArmour(text);
    for (const id of keyIds(data)) this.#openPgp.set(id, [...this.openPgp(id), { fingerprint, data }]);
  }
}

/** Ids of a primary key and of its subkeys, whether or not these are bound to it. Subkeys of versions that are unknown have none. */
function keyIds(data: Buffer): ReadonlySet<string> {
  const known = readPackets(data, limits.signatures.keyPackets).filter(
    ({ type, body }) => (type === packetTypes.publicKey || type === packetTypes.publicSubkey) && (body[0] === 4 || body[0] === 6),
  );
  return new Set(known.map((packet) => keyIdOf(fingerprintOf(packet))));
}

/** RFC 9580 section 5.5.4: the last eight octets of a fingerprint of version 4, the first ones of version 6. */
function keyIdOf(fingerprint: string): string {
  return fingerprint.length === 64 ? fingerprint.slice(0, 16) : fingerprint.slice(-16);
}
