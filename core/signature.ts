/** What a commit or a tag carries as its signature, as the source hands it out: nothing of it is believed yet. */
export interface SignedObject {
  /** The object without its signature (of Mercurial: the changeset's node and a line feed): the bytes that were signed, as text of Latin-1 (one character for each byte). */
  readonly payload: string;
  /** Armoured: `-----BEGIN PGP SIGNATURE-----` or `-----BEGIN SSH SIGNATURE-----`. */
  readonly signature: string;
  /** What else stands for the same, each verified and counted for itself: several people may have signed it, of Mercurial. Absent for git, which knows one. */
  readonly others?: readonly SignedObject[];
}

/** What our own verification against listed keys came to. The badge of a forge never counts. */
export type Signing =
  /** `openpgp:<40 or 64 hex, upper case, of the primary key>` or `ssh:SHA256:<base64 without padding>`. `alsoBy`: further keys that signed it, of `others`. */
  { readonly signedBy: string; readonly alsoBy?: readonly string[] } | { readonly unsigned: string };

/** What comes of several signatures: each that holds counts, whatever the others are, because anybody could add one that does not. */
export function together([first, ...others]: readonly [Signing, ...Signing[]]): Signing {
  const [signedBy, ...alsoBy] = new Set([first, ...others].flatMap(keysOf));
  if (signedBy === undefined) return first;
  return alsoBy.length === 0 ? { signedBy } : { signedBy, alsoBy };
}

/** Every key that signed. */
export function keysOf(signing: Signing): readonly string[] {
  return 'unsigned' in signing ? [] : [signing.signedBy, ...(signing.alsoBy ?? [])];
}

/** What a tag is taken for. */
export interface TakenFor {
  /** Full: `refs/tags/v1`, `tag:v1@branch:default`. */
  readonly ref: string;
  /** RefHead.object: the annotated tag, or the changeset that brought the tag. */
  readonly object: string;
  /** The commit that the ref stands for. */
  readonly commit: string;
}

/** Verifies what objects of sources carry against the keys that people list. Never rejects for what an object holds. */
export interface SignatureVerifier {
  /**
   * One signature: `others` are for whoever asks to bring one by one.
   * @param object null for one that carries no signature
   * @param at when key and signature must be valid, milliseconds since the epoch
   */
  verify(object: SignedObject | null, at: number): Promise<Signing>;
  /**
   * An annotated tag counts for its own name and for the very commit that it says: else an old tag could be given out under a new name. Of
   * Mercurial it is the changeset that brought the tag, which holds both.
   */
  verifyTag(tag: SignedObject | null, of: TakenFor, at: number): Promise<Signing>;
}
