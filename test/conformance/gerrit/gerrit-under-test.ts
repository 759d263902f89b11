/** A Gerrit that is reached by HTTP and SSH, and somebody who may do everything there. */
export interface GerritUnderTest {
  /** Canonical URL, without a slash at the end. */
  readonly url: string;
  readonly ssh: { readonly host: string; readonly port: number };
  readonly admin: { readonly user: string; readonly password: string };
  stop(): Promise<void>;
}
