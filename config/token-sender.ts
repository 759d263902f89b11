import { z } from 'zod';

const plain = z.union([z.string(), z.number(), z.boolean()]);

/** Who may send by showing a token: an issuer, and what its token must claim. */
export const tokenSender = z.strictObject({
  issuer: z.string().min(1).describe('Name of an issuer of `spec.identity`.'),
  match: z
    .object({ sub: z.string().min(1).describe('Who it is, as the issuer says.') })
    .catchall(plain)
    .describe('Claims of the token with the values that they must have, exactly: `sub` in any case, which says who it is.'),
});
type TokenSender = z.output<typeof tokenSender>;

/** What `webhook` of any source has, as far as it matters here. */
export interface Receiving {
  readonly secrets: readonly object[];
  readonly tokens?: readonly Pick<TokenSender, 'issuer'>[] | undefined;
  readonly rate?: { readonly perSecond: number; readonly burst: number } | undefined;
}

interface Spec {
  readonly sources: readonly { readonly webhook?: Receiving | undefined }[];
  readonly identity?: { readonly issuers: readonly { readonly name: string }[] } | undefined;
}

/** Whose tokens a source takes must be known: otherwise nothing could ever be delivered by one. */
export function knownSenders({ sources, identity }: Spec, context: z.core.$RefinementCtx): void {
  const known = (identity?.issuers ?? []).map(({ name }) => name);
  sources.forEach(({ webhook }, at) =>
    webhook?.tokens?.forEach(({ issuer }, index) => {
      if (known.includes(issuer)) return;
      const hint = known.length > 0 ? `one of: ${known.join(', ')}` : 'add it to spec.identity.issuers';
      const path = ['sources', at, 'webhook', 'tokens', index, 'issuer'];
      context.addIssue({ code: 'custom', path, message: `\`${issuer}\` is no configured issuer`, params: { hint } });
    }),
  );
}
