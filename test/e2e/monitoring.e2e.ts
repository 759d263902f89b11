import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { alertRules, ruleGroups } from '../deploy/alert-rules.ts';
import { dashboards, expressionsOf } from '../deploy/dashboards.ts';
import { startExercisedServer } from '../deploy/exercised-server.ts';
import { alertCases, type AlertCase } from './monitoring/alert-cases.ts';

describe('monitoring, by promtool', function () {
  this.timeout(120_000);
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-monitoring-'));
    write('rules.yaml', ruleGroups());
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const write = (name: string, content: object): void => writeFileSync(join(directory, name), stringify(content));
  const promtool = (args: readonly string[], input = ''): { readonly status: number | null; readonly output: string } => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: directory, input, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };
  const passes = ({ status, output }: ReturnType<typeof promtool>): void => assert.equal(status, 0, output);

  it('/metrics of a server that has worked is as Prometheus wants it', async () => {
    await using stack = new AsyncDisposableStack();
    const server = await startExercisedServer();
    stack.defer(() => server.stop());
    const text = await server.metrics();
    const { status, output } = promtool(['check', 'metrics'], text);
    const complaints = output.split('\n').filter((line) => line.startsWith('headgate_'));
    assert.deepEqual(complaints, []);
    assert.ok(status === 0 || /^(nodejs|process)_/m.test(output), output); // what prom-client itself serves is not ours to name
    assert.notEqual(promtool(['check', 'metrics'], '# TYPE headgate_x counter\nheadgate_x 1\n').status, 0);
  });

  it('the rules load', () => passes(promtool(['check', 'rules', 'rules.yaml'])));

  it('every alert has series that make it fire, and series that do not', () => {
    assert.deepEqual(
      Object.keys(alertCases).toSorted(),
      alertRules()
        .map(({ alert }) => alert)
        .toSorted(),
    );
  });

  for (const [alert, alertCase] of Object.entries(alertCases)) {
    it(`${alert} fires when it should, and only then`, () => {
      write(`${alert}.yaml`, testFile(alert, alertCase));
      passes(promtool(['test', 'rules', `${alert}.yaml`]));
      write('swapped.yaml', testFile(alert, { fires: alertCase.quiet, quiet: alertCase.fires }));
      assert.notEqual(promtool(['test', 'rules', 'swapped.yaml']).status, 0);
    });
  }

  for (const [file, dashboard] of dashboards()) {
    it(`the queries of ${file} parse`, () => {
      const rules = expressionsOf(dashboard).map((expr, index) => ({ record: `panel:query:${index}`, expr }));
      write(file, { groups: [{ name: 'panels', rules }] });
      passes(promtool(['check', 'rules', file]));
      write('broken.yaml', { groups: [{ name: 'panels', rules: [{ record: 'panel:query:0', expr: 'sum by (' }] }] });
      assert.notEqual(promtool(['check', 'rules', 'broken.yaml']).status, 0);
    });
  }
});

/** Rules of a test for `promtool test rules`: an hour of series, then whether the alert is firing. */
function testFile(alert: string, { fires, quiet }: AlertCase): object {
  const test = (name: string, series: AlertCase['fires'], firing: number): object => ({
    name,
    interval: '1m',
    input_series: Object.entries(series).map(([metric, values]) => ({ series: metric, values })),
    promql_expr_test: [
      {
        expr: `sum(ALERTS{alertname="${alert}",alertstate="firing"} >bool 0) > 0 or vector(0)`,
        eval_time: '59m',
        exp_samples: [{ labels: '{}', value: firing }],
      },
    ],
  });
  const tests = [test(`${alert} fires`, fires, 1), test(`${alert} does not fire`, quiet, 0)];
  return { rule_files: ['rules.yaml'], evaluation_interval: '1m', tests };
}
