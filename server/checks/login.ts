import { secretFinding } from '#config/check-secret.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import { SecretStore } from '#config/secret-store.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { Clock } from '#core/clock.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { CALLBACK } from '#server/logins/logins.ts';

/** Whoever says whether a login could begin. */
export interface LookedAtIssuer {
  readonly issuer: string;
  /** @throws HeadgateError LOGIN_UNAVAILABLE */
  look(): Promise<unknown>;
}

export interface LoginCheckConfig {
  readonly web: { readonly url?: string | undefined };
  readonly listen: { readonly web: { readonly host: string; readonly port: number } };
  readonly identity?: { readonly login?: { readonly clientSecret: SecretRef } | undefined } | undefined;
}

/** Whether people can log in with a browser, and which address their issuer has to know; nothing where nobody does. */
export function loginChecks(
  config: LoginCheckConfig,
  issuer: LookedAtIssuer | null,
  clock: Clock,
  env: Readonly<Record<string, string | undefined>>,
): readonly Check[] {
  const ref = config.identity?.login?.clientSecret;
  if (ref === undefined || issuer === null) return [];
  const secrets = new SecretStore({ clock, env: (name) => env[name], log: silentLog });
  const read = secrets.requireSecret.bind(secrets);
  const about = `issuer ${issuer.issuer}`;
  const secret = (): Finding => secretFinding({ about, what: 'secret of the client', ref, now: clock.now(), read });
  return [{ about, run: async () => [await issuerFinding(issuer, about), addressFinding(addressOf(config), about), secret()] }];
}

async function issuerFinding(issuer: LookedAtIssuer, about: string): Promise<Finding> {
  try {
    await issuer.look();
    return finding('LOGIN_ISSUER', about, 'good', 'says where people log in');
  } catch (error) {
    const own = error instanceof HeadgateError && error.code !== 'LOGIN_UNAVAILABLE' ? { mend: error.hint } : {};
    return finding('LOGIN_ISSUER', about, 'bad', messageOf(error), own);
  }
}

function addressFinding(url: string | undefined, about: string): Finding {
  if (url === undefined)
    return finding(
      'LOGIN_ADDRESS',
      about,
      'warning',
      'the web listener takes any free port, so its address is another one after each start',
    );
  return finding('LOGIN_ADDRESS', about, 'good', `redirect URI, to be registered at the issuer: ${new URL(url).origin}${CALLBACK}`);
}

/** Where browsers reach the pages, as far as the config says. */
function addressOf({ web, listen }: LoginCheckConfig): string | undefined {
  const { host, port } = listen.web;
  if (web.url !== undefined) return web.url;
  return port === 0 ? undefined : `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
