import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../house/house-files.ts';

const AlertRule = z.strictObject({
  alert: z.string().regex(/^Headgate[A-Z]\w+$/),
  expr: z.string(),
  for: z.string().regex(/^\d+[mh]$/),
  labels: z.strictObject({ severity: z.enum(['info', 'warning', 'critical']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
export type AlertRule = z.infer<typeof AlertRule>;

/** As far as the Prometheus Operator's PrometheusRule allows. */
const PrometheusRule = z.strictObject({
  apiVersion: z.literal('monitoring.coreos.com/v1'),
  kind: z.literal('PrometheusRule'),
  metadata: z.strictObject({ name: z.string(), namespace: z.string() }),
  spec: z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(AlertRule) })) }),
});

/** The groups of deploy/prometheus-rules.yaml: what a rule file of Prometheus itself holds. */
export function ruleGroups(): z.infer<typeof PrometheusRule>['spec'] {
  return PrometheusRule.parse(parse(readFileSync(join(root, 'deploy', 'prometheus-rules.yaml'), 'utf8'))).spec;
}

export function alertRules(): readonly AlertRule[] {
  return ruleGroups().groups.flatMap(({ rules }) => rules);
}
