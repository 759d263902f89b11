import { apiPage } from './api-page.ts';
import { cliPage } from './cli-page.ts';
import { configJsonSchema, configPage } from './config-page.ts';
import { errorsPage } from './errors-page.ts';
import { findingsPage } from './findings-page.ts';
import { jsonText } from './json-text.ts';
import { metricsPage } from './metrics-page.ts';
import { peopleJsonSchema, peoplePage } from './people-page.ts';
import { policyJsonSchema, policyPage } from './policy-page.ts';
import { policyTestJsonSchema, policyTestPage } from './policy-test-page.ts';

/** A document that is made from the code. */
export interface Generator {
  /** Relative to docs/reference. */
  readonly file: string;
  readonly render: () => string;
}

/** Every generated document. */
export const generators: readonly Generator[] = [
  { file: 'config.md', render: configPage },
  { file: 'config.schema.json', render: () => jsonText(configJsonSchema()) },
  { file: 'policy.md', render: policyPage },
  { file: 'policy.schema.json', render: () => jsonText(policyJsonSchema()) },
  { file: 'people.md', render: peoplePage },
  { file: 'people.schema.json', render: () => jsonText(peopleJsonSchema()) },
  { file: 'policy-test.md', render: policyTestPage },
  { file: 'policy-test.schema.json', render: () => jsonText(policyTestJsonSchema()) },
  { file: 'errors.md', render: errorsPage },
  { file: 'findings.md', render: findingsPage },
  { file: 'metrics.md', render: metricsPage },
  { file: 'cli.md', render: cliPage },
  { file: 'api.md', render: apiPage },
];
