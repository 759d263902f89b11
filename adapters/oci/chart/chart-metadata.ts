import { parseDocument } from 'yaml';
import { z } from 'zod';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { isVersion } from './chart-version.ts';

/** YAML's numbers and booleans are text where Helm wants text, as sigs.k8s.io/yaml reads them. */
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const dependency = z.object({
  name: text,
  version: text.optional(),
  repository: text.optional(),
  condition: text.optional(),
  tags: z.array(text).optional(),
  alias: text.optional(),
});

/** The fields that Helm knows, in its order (helm pkg/chart/v2/metadata.go); what it does not know it drops as well. */
const ChartMetadata = z.object({
  name: text.refine((name) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,249}$/.test(name), { error: 'a name of letters, digits, `.`, `_` and `-`' }),
  home: text.optional(),
  sources: z.array(text).optional(),
  version: text.refine(isVersion, { error: 'a semantic version' }),
  description: text.optional(),
  keywords: z.array(text).optional(),
  maintainers: z.array(z.object({ name: text.optional(), email: text.optional(), url: text.optional() })).optional(),
  icon: text.optional(),
  apiVersion: text.refine((version) => version !== '', { error: 'v1 or v2' }),
  condition: text.optional(),
  tags: text.optional(),
  appVersion: text.optional(),
  deprecated: z.boolean().optional(),
  annotations: z.record(z.string(), text).optional(),
  kubeVersion: text.optional(),
  dependencies: z.array(dependency).optional(),
  type: z.enum(['', 'application', 'library']).optional(),
});
export type ChartMetadata = z.output<typeof ChartMetadata>;

/** Reads `Chart.yaml`. @throws HeadgateError CONTENT_REFUSED that names the fields which Helm would not take */
export function chartMetadata(yaml: string): ChartMetadata {
  const { data, error } = ChartMetadata.safeParse(valueOf(yaml));
  if (data !== undefined) return data;
  const fields = (error?.issues ?? []).slice(0, 5).map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
  throw refused(fields.join('; '));
}

function valueOf(yaml: string): unknown {
  const document = parseDocument(yaml);
  const [wrong] = document.errors;
  if (wrong !== undefined) throw refused(wrong.message);
  try {
    return document.toJS({ maxAliasCount: limits.config.yamlAliases });
  } catch (error) {
    throw refused(messageOf(error));
  }
}

function refused(why: string): HeadgateError {
  return new HeadgateError('CONTENT_REFUSED', `the chart cannot be packed: its Chart.yaml is none: ${why}`);
}
