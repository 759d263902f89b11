import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface WebhookRequest {
  readonly url: URL;
  readonly body: string;
  readonly origin: string;
  /** Base64 of `user:password`. */
  readonly basic: string | undefined;
  /** Milliseconds without a word. */
  readonly timeout: number;
  readonly verify: boolean;
  readonly signal: AbortSignal;
}

export interface Posted {
  /** Undefined = no answer came. */
  readonly status: number | undefined;
  /** The answer asks for Basic credentials. */
  readonly challenged: boolean;
  /** It is not tried again: TLS failed. */
  readonly final: boolean;
}

/** Sends one event as the plugin's HTTP client does. */
export function post({ url, body, origin, basic, timeout, verify, signal }: WebhookRequest): Promise<Posted> {
  const bytes = Buffer.from(body);
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'X-Origin-Url': `${origin}/`,
    'Content-Length': String(bytes.byteLength),
    Host: url.host,
    Connection: 'close',
    'User-Agent': 'Apache-HttpClient/4.5.14 (Java/25.0.3)',
    'Accept-Encoding': 'gzip,deflate',
    ...(basic === undefined ? {} : { Authorization: `Basic ${basic}` }),
  };
  const where = { host: url.hostname, port: url.port, path: `${url.pathname}${url.search}`, method: 'POST', headers, timeout, signal };
  return new Promise((resolve) => {
    const sent = url.protocol === 'https:' ? httpsRequest({ ...where, rejectUnauthorized: verify }) : httpRequest(where);
    sent.on('response', (response) => {
      response.resume().on('error', () => {}); // the status has come
      const challenged = /^basic\b/i.test(response.headers['www-authenticate'] ?? '');
      resolve({ status: response.statusCode, challenged, final: false });
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', (error) => resolve({ status: undefined, challenged: false, final: isTls(error) }));
    sent.on('close', () => resolve({ status: undefined, challenged: false, final: false }));
    sent.end(bytes);
  });
}

function isTls(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /CERT|SSL|TLS/.test(error.code);
}
