/** What a commit or an annotated tag carries as its signature, as git hands it out: nothing of it is believed yet. */
export interface SignedObject {
  /** The object without its signature: the bytes that were signed, as text of Latin-1 (one character for each byte). */
  readonly payload: string;
  /** Armoured: `-----BEGIN PGP SIGNATURE-----` or `-----BEGIN SSH SIGNATURE-----`. */
  readonly signature: string;
}

/** What our own verification against listed keys came to. The badge of a forge never counts. */
export type Signing =
  /** `openpgp:<40 or 64 hex, upper case, of the primary key>` or `ssh:SHA256:<base64 without padding>`. */
  { readonly signedBy: string } | { readonly unsigned: string };
