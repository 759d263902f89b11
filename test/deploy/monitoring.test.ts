import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../house/house-files.ts';
import { anchorsOf } from '../house/markdown.ts';
import { alertRules } from './alert-rules.ts';
import { dashboards, expressionsOf, overlaps, type Dashboard } from './dashboards.ts';
import { startExercisedServer, type ExercisedServer } from './exercised-server.ts';
import { namedMetrics, strangeLabels } from './named-metrics.ts';

const RUNBOOKS = 'docs/how-to/runbooks.md';
const runbooks = readFileSync(join(root, RUNBOOKS), 'utf8');

/** Text of each section that is called after an alert. */
const sections = new Map(
  runbooks.split(/^(?=##+ )/m).flatMap((section): readonly [string, string][] => {
    const [, name] = /^##+ (Headgate\w+)$/m.exec(section) ?? [];
    return name === undefined ? [] : [[name, section]];
  }),
);

/** Only trouble makes samples of these; here it is enough that they are served. */
const ofTrouble: ReadonlySet<string> = new Set(['headgate_watch_restarts_total', 'headgate_ungated_deployments_total']);

const expressions = [
  ...alertRules().map(({ alert, expr }): [string, string] => [alert, expr]),
  ...[...dashboards()].flatMap(([file, dashboard]) => expressionsOf(dashboard).map((expr): [string, string] => [file, expr])),
];

describe('what alerts and dashboards ask for', function () {
  this.timeout(60_000);
  let server: ExercisedServer;
  let samples: Set<string>;
  let served: Set<string>;
  before(async () => {
    server = await startExercisedServer();
    const text = await server.metrics();
    samples = new Set([...text.matchAll(/^(\w+)[{ ]/gm)].map(([, name = '']) => name));
    served = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name));
  });
  after(() => server.stop());

  it('is on /metrics of a server that has worked', () => {
    assert.ok(samples.has('headgate_build_info') && !samples.has('headgate_nothing'));
    const absent = expressions.flatMap(([where, expr]) =>
      namedMetrics(expr)
        .filter((name) => !samples.has(name) && !(ofTrouble.has(name) && served.has(name)))
        .map((name) => `${where}: ${name}`),
    );
    assert.deepEqual(absent, []);
  });

  it('has the labels that are asked for', () => {
    assert.deepEqual(
      expressions.flatMap(([where, expr]) => strangeLabels(expr).map((label) => `${where}: ${label} in ${expr}`)),
      [],
    );
    assert.deepEqual(strangeLabels('sum by (tenant) (headgate_changes_total{colour="red"})'), ['tenant', 'colour']);
  });
});

describe('the alerts', () => {
  const rules = alertRules();

  it('have names of their own', () => {
    assert.ok(rules.length >= 15);
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  });

  it('lead to their runbooks', () => {
    const anchors = anchorsOf(runbooks);
    for (const { alert, annotations } of rules) {
      assert.equal(annotations.runbook_url, `${RUNBOOKS}#${alert.toLowerCase()}`);
      assert.ok(anchors.includes(alert.toLowerCase()), `${RUNBOOKS} has no section ${alert}`);
    }
  });

  it('and runbooks are in step', () => {
    assert.deepEqual([...sections.keys()].toSorted(), rules.map(({ alert }) => alert).toSorted());
  });

  for (const [alert, text] of sections) {
    it(`have a runbook for ${alert} that says what it means, what users notice, how to look and how to mend`, () => {
      for (const part of ['Means', 'Users notice', 'Look', 'Mend'])
        assert.match(text, new RegExp(`^\\*\\*${part}\\.\\*\\* \\S`, 'm'), part);
    });
  }
});

describe('the dashboards', () => {
  const sound = (dashboard: Dashboard): void => {
    const ids = dashboard.panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'two panels have one id');
    assert.deepEqual(overlaps(dashboard), []);
    for (const { type, title, description, gridPos, targets, datasource } of dashboard.panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, `${title} is wider than the grid`);
      if (type === 'row') continue;
      assert.ok(description && datasource && targets.length > 0, `${title} lacks something`);
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, `${title} names two queries alike`);
    }
  };

  it('are the two for operators and developers, apart from each other', () => {
    assert.deepEqual([...dashboards().keys()].toSorted(), ['headgate-deliveries.json', 'headgate-lead-time.json']);
    assert.equal(new Set([...dashboards().values()].map(({ uid }) => uid)).size, 2);
  });

  for (const [file, dashboard] of dashboards()) {
    it(`of ${file} fit Grafana's model, and no panel lies on another`, () => sound(dashboard));

    it(`of ${file} use each of their variables and no others`, () => {
      const used = new Set([...JSON.stringify(dashboard.panels).matchAll(/\$\{?(?!__)(\w+)/g)].map(([, name = '']) => name));
      assert.deepEqual([...used].toSorted(), dashboard.templating.list.map(({ name }) => name).toSorted());
    });
  }

  it('would be told apart from ones that do not fit', () => {
    const [dashboard] = dashboards().values();
    assert.ok(dashboard);
    const [first, second, ...rest] = dashboard.panels;
    assert.ok(first && second);
    assert.throws(() => sound({ ...dashboard, panels: [first, { ...second, id: first.id }, ...rest] }), /two panels have one id/);
    assert.throws(() => sound({ ...dashboard, panels: [first, { ...second, gridPos: first.gridPos }, ...rest] }));
  });
});
