import type { Readable } from 'node:stream';
import type { Streamed } from '#adapters/http-fetch.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

interface Refusal extends Pick<Streamed, 'status' | 'headers'> {
  readonly body: Buffer | Readable;
}

interface Asker {
  readonly source: string;
  readonly user: string | undefined;
  readonly repository: string;
  /** Of hgweb. */
  readonly command: string;
}

/** What an answer that is none means; undefined where asking again may help. */
export function refusedBy({ status, headers, body }: Refusal, { source, user, repository, command }: Asker): HeadgateError | undefined {
  const said = saidIn(body);
  const asked = `${repository}?cmd=${command}`;
  if (status === 401)
    return new HeadgateError(
      'SOURCE_REFUSED',
      user === undefined ? `${source} asks for credentials for ${asked}` : `${source} refuses the credentials of ${user} for ${asked}`,
      {
        hint: 'Set spec.sources[].web.user and .password to an account that may read (hgweb: `allow_read`), and check that it can log in.',
      },
    );
  if (status === 403 && command === 'archive')
    return new HeadgateError('SOURCE_REFUSED', `hgweb of ${source} does not make archives: ${asked}: ${said}`, { hint: archiveHint });
  if (status === 403)
    return new HeadgateError('SOURCE_REFUSED', `${source} does not allow ${asked}: ${said}`, {
      hint: 'Let the account under spec.sources[].web read the repository (hgweb: `allow_read`, `deny_read`).',
    });
  if (status >= 300 && status < 400)
    return new HeadgateError('SOURCE_REFUSED', `${source} redirects ${asked} to ${(headers.get('location') ?? 'nowhere').slice(0, 255)}`, {
      hint: 'Headgate follows no redirects: set spec.sources[].url to the address at which hgweb itself answers.',
    });
  if (status >= 400 && status < 500 && ![408, 425, 429].includes(status))
    return new HeadgateError('SOURCE_REFUSED', `${source} answers ${status} to ${asked}: ${said}`, { hint: templateHint });
  return undefined;
}

export const archiveHint = "Set `allow-archive = gz` under `[web]` of hgweb's configuration.";

export const templateHint =
  'The URL has to lead to hgweb itself, with its own `json` and `raw` templates (`[web] templates` in its configuration changes them).';

/** Its own words, without markup, in one line and bounded. */
function saidIn(body: Buffer | Readable): string {
  if (!Buffer.isBuffer(body)) return '';
  const { saidChars } = limits.hgweb;
  const line = body
    .subarray(0, 16 * saidChars)
    .toString('utf8')
    .replaceAll(/<(script|style|head)\b.*?<\/\1>|<[^>]*>/gs, ' ')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return line.length > saidChars ? `${line.slice(0, saidChars)}…` : line;
}
