/** A browser without a screen: it keeps cookies by host and follows redirects one by one. */
export class CookieJar {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** The Cookie header for an address. */
  header(url: string): string {
    return [...this.#of(url)].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async send(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const cookie = this.header(url);
    if (cookie !== '') headers.set('cookie', cookie);
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#take(url, line);
    return response;
  }

  /** Follows redirects until there is an answer that is none. @param stopAt gives back the redirect to such an address */
  async follow(url: string, stopAt = /^$/): Promise<{ readonly url: string; readonly response: Response }> {
    for (let at = url; ; ) {
      const response = await this.send(at);
      const location = response.headers.get('location');
      if (location === null) return { url: at, response };
      at = new URL(location, at).href;
      if (stopAt.test(at)) return { url: at, response };
    }
  }

  #of(url: string): Map<string, string> {
    const { host } = new URL(url);
    const known = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, known);
    return known;
  }

  #take(url: string, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const isOver = attributes.some((one) => /^max-age=0$/i.test(one) || /^expires=.*1970/i.test(one));
    if (isOver) this.#of(url).delete(pair.slice(0, at));
    else this.#of(url).set(pair.slice(0, at), pair.slice(at + 1));
  }
}

/** Logs in by the forms of the provider, up to the address that leads back. @param start where Headgate begins a login */
export async function logInAs(jar: CookieJar, start: string, who: string): Promise<string> {
  const back = /\/login\/callback\?/;
  let { url, response } = await jar.follow(start, back);
  for (const form of [{ prompt: 'login', login: who, password: 'any' }, { prompt: 'consent' }]) {
    if (back.test(url)) return url;
    const action = /action="([^"]+)"/.exec(await response.text())?.[1];
    if (action === undefined) throw new Error(`no form at ${url}: ${response.status}`);
    const sent = await jar.send(new URL(action, url).href, { method: 'POST', body: new URLSearchParams(form) });
    ({ url, response } = await jar.follow(new URL(sent.headers.get('location') ?? '', url).href, back));
  }
  if (!back.test(url)) throw new Error(`not led back, but to ${url}: ${response.status}`);
  return url;
}
