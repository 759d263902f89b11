import { inputSchema, type JsonSchema } from '#config/schema-keys.ts';
import { policyTestSchema } from '#policy/parse-policy-tests.ts';
import { fieldTable } from './field-rows.ts';
import { block, page } from './markdown.ts';

/** What a PolicyTest document looks like as written. */
export function policyTestJsonSchema(): JsonSchema {
  return { title: 'Headgate PolicyTest', ...inputSchema(policyTestSchema) };
}

export function policyTestPage(): string {
  return page('PolicyTest', [
    'A table of cases for policies, decided by `headgate policy test FILE…` with the code of the server, without one and without a cluster. ' +
      'The same in JSON Schema, for editors: [policy-test.schema.json](policy-test.schema.json). More examples: [policy cookbook](../how-to/policy-cookbook.md).',
    '## Example',
    block('yaml', policyTestExample),
    '## Fields',
    fieldTable(policyTestJsonSchema()),
    '## What is compared',
    '`expect` always; `rule` and `reason` where they stand. Of policies in audit mode it is what `enforce` would decide. ' +
      'A rule that decides none of the cases is named at the end (`no case is decided by …`), and changes nothing about the exit code. ' +
      'Tests lie outside the policy directory: a server refuses them there.',
  ]);
}

export const policyTestExample = `
apiVersion: headgate.dev/v1alpha1
kind: PolicyTest
spec:
  policies: ../policies
  cases:
    - name: main of org/payments comes to payments
      change: { source: hub, repository: org/payments, ref: refs/heads/main }
      target: { cluster: prod, namespaces: [payments] }
      expect: allow
      rule: payments changes[0]
    - name: nothing comes to a namespace that no policy is about
      change: { source: hub, repository: org/payments, ref: refs/heads/main }
      target: { cluster: prod, namespaces: [payments, kube-system] }
      expect: deny
      reason: no-policy
`.trimStart();
