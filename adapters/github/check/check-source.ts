import type { Clock } from '#core/clock.ts';
import type { Finding } from '#core/finding.ts';
import type { SourceCheckQuestion } from '#core/ports/source-adapter.ts';
import type { ReadSecret } from '../credentials.ts';
import type { GithubSource } from '../schema.ts';
import { readBackFinding, secretFindings } from './secrets.ts';

export interface GithubCheckOptions {
  readonly source: GithubSource;
  /** How its changes are confirmed. */
  readonly by: 'api' | 'git' | 'none';
  readonly secret: ReadSecret;
  readonly clock: Clock;
}

/** What `headgate check` finds at a `type: github` source. */
export function createGithubCheck(options: GithubCheckOptions): (asked: SourceCheckQuestion) => Promise<readonly Finding[]> {
  const { source, by, secret, clock } = options;
  const about = `source ${source.name}`;
  return () => Promise.resolve([readBackFinding(by, about), ...secretFindings({ source, about, now: clock.now(), secret })]);
}
