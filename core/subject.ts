/** A verified OIDC identity: whoever holds a token that an issuer of the config signed for us, person or workload. */
export interface Subject {
  /** Name of the issuer in the config. */
  readonly issuer: string;
  /** `iss`, as in the token. */
  readonly iss: string;
  readonly sub: string;
  /** Everything that the token claims, as parsed JSON; bounded in size and depth when it was verified. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Whether two tokens speak of the same one: `sub` means something under its issuer alone. */
export function isSameSubject(one: Pick<Subject, 'iss' | 'sub'>, other: Pick<Subject, 'iss' | 'sub'>): boolean {
  return one.iss === other.iss && one.sub === other.sub;
}

/** A subject in a few words, for people to read. */
export function describeSubject({ sub, issuer }: Pick<Subject, 'issuer' | 'sub'>): string {
  return `${sub} (${issuer})`;
}
