/** What a commit or an annotated tag carries as its signature, as git hands it out: nothing of it is believed yet. */
export interface SignedObject {
  /** The object without its signature: the bytes that were signed, as text of Latin-1 (one character for each byte). */
  readonly payload: string;
  /** Armoured: `-----BEGIN PGP SIGNATURE-----` or `-----BEGIN SSH SIGNATURE-----`. */
  readonly signature: string;
  /** Further signatures of the same bytes, where several people may have signed them: each counts for itself. Absent for git, which knows one. */
  readonly others?: readonly string[];
}

/** What our own verification against listed keys came to. The badge of a forge never counts. */
export type Signing =
  /** `openpgp:<40 or 64 hex, upper case, of the primary key>` or `ssh:SHA256:<base64 without padding>`. */
  { readonly signedBy: string } | { readonly unsigned: string };

/** Verifies what git objects carry against the keys that people list. Never rejects for what an object holds. */
export interface SignatureVerifier {
  /**
   * @param object null for one that carries no signature
   * @param at when key and signature must be valid, milliseconds since the epoch
   */
  verify(object: SignedObject | null, at: number): Promise<Signing>;
  /**
   * An annotated tag counts for its own name and for the very commit that it says: else an old tag could be given out under a new name.
   * @param of what the tag is taken for: the full ref (`refs/tags/v1`), and the commit that the ref stands for
   */
  verifyTag(tag: SignedObject | null, of: { readonly ref: string; readonly commit: string }, at: number): Promise<Signing>;
}
