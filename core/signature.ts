/** What a commit or a tag carries as its signature, as the source hands it out: nothing of it is believed yet. */
export interface SignedObject {
  /** The object without its signature (of Mercurial: the changeset's node and a line feed): the bytes that were signed, as text of Latin-1 (one character for each byte). */
  readonly payload: string;
  /** Armoured: `-----BEGIN PGP SIGNATURE-----` or `-----BEGIN SSH SIGNATURE-----`. */
  readonly signature: string;
  /** Further signatures of the same bytes, where several people may have signed them: each counts for itself. Absent for git, which knows one. */
  readonly others?: readonly string[];
}

/** What our own verification against listed keys came to. The badge of a forge never counts. */
export type Signing =
  /** `openpgp:<40 or 64 hex, upper case, of the primary key>` or `ssh:SHA256:<base64 without padding>`. `alsoBy`: keys of `others` that signed it too. */
  { readonly signedBy: string; readonly alsoBy?: readonly string[] } | { readonly unsigned: string };

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
