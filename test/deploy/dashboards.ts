import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from '../house/house-files.ts';

const Source = z.object({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const Panel = z.object({
  id: z.int(),
  type: z.enum(['row', 'stat', 'table', 'timeseries', 'heatmap']),
  title: z.string().min(1),
  description: z.string().optional(),
  gridPos: z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1), h: z.int().min(1) }),
  datasource: Source.optional(),
  targets: z.array(z.object({ refId: z.string(), expr: z.string(), datasource: Source })).default([]),
});
export type Panel = z.infer<typeof Panel>;

const Variable = z.object({
  name: z.string(),
  type: z.enum(['datasource', 'query']),
  query: z.union([z.string(), z.object({ query: z.string() })]),
});

/** What Grafana's dashboard JSON model asks for, as far as these use it. */
const Dashboard = z.object({
  uid: z.string().regex(/^[\w-]{1,40}$/),
  title: z.string(),
  schemaVersion: z.literal(39),
  templating: z.object({ list: z.array(Variable) }),
  panels: z.array(Panel),
});
export type Dashboard = z.infer<typeof Dashboard>;

/** The dashboards of deploy/grafana, by file. */
export function dashboards(): ReadonlyMap<string, Dashboard> {
  const directory = join(root, 'deploy', 'grafana');
  return new Map(readdirSync(directory).map((file) => [file, Dashboard.parse(JSON.parse(readFileSync(join(directory, file), 'utf8')))]));
}

/** The queries of a dashboard's panels as Prometheus gets them: Grafana's variables have values. */
export function expressionsOf({ panels }: Dashboard): readonly string[] {
  return panels.flatMap(({ targets }) =>
    targets.map(({ expr }) =>
      expr
        .replaceAll('$__rate_interval', '5m')
        .replaceAll('$__range', '1h')
        .replaceAll(/"\$(source|cluster|namespace)"/g, '".*"'),
    ),
  );
}

/** Pairs of panels that lie on each other. */
export function overlaps({ panels }: Dashboard): readonly string[] {
  return panels.flatMap((one, index) =>
    panels
      .slice(index + 1)
      .filter((other) => meet(one.gridPos, other.gridPos))
      .map((other) => `${one.title} and ${other.title}`),
  );
}

function meet(a: Panel['gridPos'], b: Panel['gridPos']): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
