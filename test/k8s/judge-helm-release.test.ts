import { type Case, stalled, describeCases } from './judge-cases.ts';
import { before, condition, gitRepository, helmChart, helmRelease, wanted } from './samples.ts';

const source = gitRepository(wanted);
const helm: readonly Case[] = [
  {
    title: 'a release of the chart that the revision made is applied',
    objects: [source, helmChart(wanted, '1.1.0'), helmRelease('1.1.0')],
    overall: 'applied',
  },
  {
    title: 'a chart whose version the revision does not change is not released again',
    objects: [
      source,
      helmChart(wanted, '1.0.0', { status: { artifact: { revision: '1.0.0', lastUpdateTime: '2026-01-01T00:00:01Z' } } }),
      helmRelease('1.0.0'),
    ],
    overall: 'skipped/chart-unchanged',
  },
  {
    title: 'with the strategy Revision every revision is a new chart',
    objects: [
      source,
      helmChart(wanted, '1.0.0+b', {
        spec: { reconcileStrategy: 'Revision' },
        status: { artifact: { revision: '1.0.0+b', lastUpdateTime: '2026-01-01T00:00:01Z' } },
      }),
      helmRelease('1.0.0+b'),
    ],
    overall: 'applied',
  },
  {
    title: 'a chart of the revision before is waited for',
    objects: [source, helmChart(before, '1.0.0'), helmRelease('1.0.0')],
    overall: 'waiting/chart-not-ready',
  },
  {
    title: 'a chart is Ready a moment before its artifact is written: the version in the message tells',
    objects: [
      source,
      helmChart(wanted, '1.0.0', {
        status: { conditions: [condition('Ready', 'True', 'ChartPackageSucceeded', "packaged 'web' chart with version '1.1.0'")] },
      }),
      helmRelease('1.0.0'),
    ],
    overall: 'waiting/provider-not-ready',
  },
  {
    title: 'a chart that is being rebuilt is waited for, though Ready still speaks of the build before',
    objects: [
      source,
      helmChart(wanted, '1.0.0', {
        status: {
          conditions: [
            condition('Ready', 'True', 'ChartPackageSucceeded', "packaged 'web' chart with version '1.0.0'"),
            condition('Reconciling', 'True', 'Progressing', 'reconciliation in progress'),
          ],
        },
      }),
      helmRelease('1.0.0'),
    ],
    overall: 'waiting/provider-not-ready',
  },
  {
    title: 'a release that is still at the chart before is waited for',
    objects: [source, helmChart(wanted, '1.1.0'), helmRelease('1.0.0')],
    overall: 'waiting/not-started',
  },
  {
    title: 'a release whose first snapshot is not deployed is no success',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.1.0', { status: { history: [{ chartVersion: '1.1.0', status: 'pending-upgrade' }] } }),
    ],
    overall: 'waiting/not-started',
  },
  {
    title: 'an upgrade that fails is failed though Reconciling stays at Progressing',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.1.0', {
        status: { conditions: [condition('Ready', 'False', 'UpgradeFailed', 'no match'), condition('Reconciling', 'True', 'Progressing')] },
      }),
    ],
    overall: 'failed/UpgradeFailed',
    message: /no match/,
  },
  {
    title: 'the failure of the chart before is not ours',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.0.0', {
        status: {
          conditions: [
            condition('Ready', 'False', 'UpgradeFailed'),
            condition('Reconciling', 'True', 'Progressing', 'Fulfilling prerequisites'),
          ],
        },
      }),
    ],
    overall: 'waiting/Progressing',
  },
  {
    title: 'after a rollback the message is what went wrong',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.1.0', {
        status: {
          conditions: [
            condition('Ready', 'False', 'RollbackSucceeded', 'rollback succeeded'),
            condition('Stalled', 'True', 'RetriesExceeded', 'failed to upgrade after 1 attempt(s)'),
            condition('Released', 'False', 'UpgradeFailed', 'timeout waiting for Deployment'),
          ],
        },
      }),
    ],
    overall: 'stalled/RetriesExceeded',
    message: /timeout waiting/,
  },
  {
    title: 'retries that were exceeded for the chart before do not hold for this one',
    objects: [source, helmChart(wanted, '1.1.0'), helmRelease('1.0.0', { status: { conditions: stalled('RetriesExceeded') } })],
    overall: 'waiting/not-started',
  },
  {
    title: 'values that cannot be read are a failure though no version is attempted',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.0.0', {
        status: {
          conditions: [condition('Ready', 'False', 'ValuesError', 'missing ConfigMap'), condition('Reconciling', 'True', 'Progressing')],
        },
      }),
    ],
    overall: 'failed/ValuesError',
  },
  {
    title: 'a chart that is not ready is waited for by its release',
    objects: [
      source,
      helmChart(wanted, '1.1.0'),
      helmRelease('1.0.0', { status: { conditions: [condition('Ready', 'False', 'SourceNotReady', 'HelmChart is not ready')] } }),
    ],
    overall: 'waiting/SourceNotReady',
  },
  {
    title: 'a chart that cannot be built speaks for its release',
    objects: [source, helmChart(wanted, '1.0.0', { status: { conditions: stalled('InvalidChartReference') } }), helmRelease('1.0.0')],
    overall: 'stalled/InvalidChartReference',
  },
  { title: 'a chart that does not exist yet is waited for', objects: [source, helmRelease('1.0.0')], overall: 'waiting/provider-missing' },
];

describeCases('the outcome by HelmReleases', helm);
