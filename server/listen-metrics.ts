import { collectDefaultMetrics } from 'prom-client';
import { MetricRegistry } from '#server/metric-registry.ts';
import { streamMetrics, type PrometheusMetrics } from '#server/metrics.ts';
import { observeStreams, type ObservedGauges } from '#server/observed-gauges.ts';

export type ListenMetrics = Pick<PrometheusMetrics, 'text' | 'contentType' | 'streamChanged' | 'streamGap'>;

/** The metrics of a process that listens apart: those of streams, of the build, and Node's own. */
export function createListenMetrics(
  build: { readonly version: string; readonly node: string },
  sources: ObservedGauges['sources'],
): ListenMetrics {
  const metrics = new MetricRegistry();
  const { registry } = metrics;
  collectDefaultMetrics({ register: registry });
  metrics.gauge('headgate_build_info').set({ version: build.version, node: build.node }, 1);
  observeStreams(metrics, { sources });
  return { ...streamMetrics(metrics), contentType: registry.contentType, text: () => registry.metrics() };
}
