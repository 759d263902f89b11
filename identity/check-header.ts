import type { Issuer } from '#identity/issuer.ts';
import type { ReadToken } from '#identity/read-token.ts';
import { TokenRefused } from '#identity/refusal.ts';

/** `typ` by kind of token, in lower case; undefined = absent. RFC 9068 section 2.1; `application/` may be left out (RFC 7515 section 4.1.9). */
const types: Readonly<Record<Issuer['tokens'], readonly (string | undefined)[]>> = {
  id: [undefined, 'jwt', 'application/jwt'],
  access: ['at+jwt', 'application/at+jwt'],
};

/** Before any key is looked for. @throws TokenRefused algorithm, type */
export function checkHeader({ algorithms, tokens }: Issuer, { header }: ReadToken): void {
  if (!algorithms.some((algorithm) => algorithm === header.alg))
    throw new TokenRefused('algorithm', `alg ${header.alg} is none of ${algorithms.join(', ')}`);
  if (!types[tokens].includes(header.typ?.toLowerCase()))
    throw new TokenRefused('type', `typ ${header.typ ?? '(none)'} is not that of ${tokens} tokens`);
}
