import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { metricDefinitions, type MetricName } from '#server/metric-definitions.ts';
import { PairValues } from '#server/pair-values.ts';

/** Makes the metrics of metric-definitions.ts, in a registry of its own. */
export class MetricRegistry {
  readonly registry = new Registry();

  counter(name: MetricName, read?: (counter: Counter) => void): Counter {
    const created: Counter = new Counter({ ...this.#described(name), ...(read && { collect: () => read(created) }) });
    return created;
  }

  /** A counter with two labels for what happens with every delivery: labels are put together at the scrape, not each time. */
  pairCounter(name: MetricName): PairValues {
    const counted = new PairValues();
    const [one = '', other = ''] = metricDefinitions[name].labels;
    this.counter(name, (counter) => {
      counter.reset();
      counted.each((first, second, count) => counter.inc({ [one]: first, [other]: second }, count));
    });
    return counted;
  }

  /** A histogram with one label, likewise: what prom-client makes of the label is kept. */
  keyedHistogram(name: MetricName): (label: string, value: number) => void {
    const histogram = this.histogram(name);
    const resolved = new Map<string, ReturnType<typeof histogram.labels>>();
    return (label, value) => {
      const of = resolved.get(label) ?? histogram.labels(label);
      resolved.set(label, of);
      of.observe(value);
    };
  }

  histogram(name: MetricName): Histogram {
    const definition = metricDefinitions[name];
    const buckets = 'buckets' in definition ? [...definition.buckets] : [];
    return new Histogram({ ...this.#described(name), buckets });
  }

  /** @param read called at each scrape */
  gauge(name: MetricName, read?: (gauge: Gauge) => void | Promise<void>): Gauge {
    const created: Gauge = new Gauge({ ...this.#described(name), ...(read && { collect: () => read(created) }) });
    return created;
  }

  #described(name: MetricName) {
    const { help, labels } = metricDefinitions[name];
    return { name, help, labelNames: [...labels], registers: [this.registry] };
  }
}
