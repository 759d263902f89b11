/** How one registry is reached, and by whom. */
export interface RegistryAccess {
  /** `registry.example.com`, with `:port` where it is not the scheme's own. */
  readonly host: string;
  /** Speaks HTTP without TLS. */
  readonly plainHttp: boolean;
  /** The account that pushes, as it is now: asked for each time, so that a password can be replaced. Absent: nobody. */
  readonly credentials?: () => RegistryCredentials;
  /** Certificates in PEM that its own is verified with, in place of the system's; asked for each time. */
  readonly ca?: () => string;
}

export interface RegistryCredentials {
  readonly user: string;
  readonly password: string;
}
