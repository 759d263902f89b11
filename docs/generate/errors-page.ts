import { errorCodes } from '#core/error-codes.ts';
import { block, page, table } from './markdown.ts';

export function errorsPage(): string {
  return page('Error codes', [
    'Codes are stable: scripts may rely on them. The command line ends every error with what to do next; over HTTP an error is `application/problem+json` (RFC 9457):',
    block('json', JSON.stringify(example(), null, 2)),
    'For failed signatures and tokens `detail` says no more than the meaning below; the log says why. 429 and 503 come with `Retry-After`.',
    table(
      ['Code', 'HTTP', 'Meaning', 'What to do'],
      Object.entries(errorCodes).map(([code, { status, meaning, hint }]) => [`\`${code}\``, String(status), meaning, hint]),
    ),
  ]);
}

function example(): object {
  const { status, meaning, hint } = errorCodes.SOURCE_UNKNOWN;
  return {
    type: 'urn:headgate:error:SOURCE_UNKNOWN',
    title: meaning,
    status,
    code: 'SOURCE_UNKNOWN',
    detail: 'no source hubb is configured',
    hint,
  };
}
