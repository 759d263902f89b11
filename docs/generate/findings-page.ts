import { findingCodes } from '#core/finding-codes.ts';
import { block, page, table } from './markdown.ts';

export function findingsPage(): string {
  return page('Findings', [
    'What `headgate check` looks at, by code. Codes are stable: scripts may rely on them. `GET /v1/checks` and `headgate check -o json` print findings as',
    block('json', JSON.stringify({ findings: [example()] }, null, 2)),
    '`severity` is `good`, `warning`, `bad` or `unknown` (it could not be looked at). `without` says what works all the same and what does not, `mend` is the command or line that mends it; both are null when it is good, and both may be more precise than here.',
    table(
      ['Code', 'What is looked at', 'Where it is not good', 'What mends it'],
      Object.entries(findingCodes).map(([code, { asks, without, mend }]) => [`\`${code}\``, asks, without, mend]),
    ),
  ]);
}

function example(): object {
  const { without, mend } = findingCodes.DISK_FREE;
  return {
    code: 'DISK_FREE',
    about: 'journal',
    severity: 'warning',
    message: 'free disk space: 812 MiB at /var/lib/headgate',
    without,
    mend,
  };
}
