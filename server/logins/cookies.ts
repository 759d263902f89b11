import { limits } from '#core/limits.ts';

export interface CookieOptions {
  /** Sent over https alone, and for this very host: then its name begins with `__Host-` (RFC 6265bis section 4.1.3.2). */
  readonly secure: boolean;
  /** Milliseconds; 0 removes it. */
  readonly age: number;
}

/** Set-Cookie for what other sites may lead to, but not post: coming back from the issuer is such a way. */
export function setCookie(name: string, value: string, { secure, age }: CookieOptions): string {
  const seconds = Math.floor(age / 1_000);
  return `${cookieName(name, secure)}=${value}; Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

/** The same for a value that is too long for one: `name_0`, `name_1`. What an earlier one had more is removed. @returns undefined when it is too long in any case */
export function setCookieParts(name: string, value: string, options: CookieOptions): readonly string[] | undefined {
  const { cookieChars, cookieParts } = limits.login;
  if (value.length > cookieChars * cookieParts) return undefined;
  return Array.from({ length: cookieParts }, (_, index) => {
    const part = value.slice(index * cookieChars, (index + 1) * cookieChars);
    return setCookie(`${name}_${index}`, part, part === '' ? { ...options, age: 0 } : options);
  });
}

/** The value of a cookie; undefined when it is not there, or there twice: then somebody else may have set one of them. */
export function cookieOf(header: string | undefined, name: string, secure: boolean): string | undefined {
  const wanted = cookieName(name, secure);
  const pairs = (header ?? '').split(';').slice(0, limits.login.cookies);
  const values = pairs.flatMap((pair) => {
    const text = pair.trim();
    const at = text.indexOf('=');
    return at > 0 && text.slice(0, at) === wanted ? [text.slice(at + 1)] : [];
  });
  return values.length === 1 ? values[0] : undefined;
}

export function cookieParts(header: string | undefined, name: string, secure: boolean): string {
  return Array.from({ length: limits.login.cookieParts }, (_, index) => cookieOf(header, `${name}_${index}`, secure) ?? '').join('');
}

function cookieName(name: string, secure: boolean): string {
  return secure ? `__Host-${name}` : name;
}
