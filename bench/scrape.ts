/** The samples of one look at /metrics. */
export interface Scrape {
  /** Sum of a metric's samples whose labels have these values; 0 when there are none. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

/** Reads Prometheus's text format, as much of it as prom-client writes. */
export async function scrape(url: string): Promise<Scrape> {
  const answer = await fetch(url);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const samples = text.split('\n').flatMap(parseSample);
  return {
    sum(name, labels = {}) {
      const fits = samples.filter(
        (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels.includes(`${key}="${value}"`)),
      );
      return fits.reduce((sum, sample) => sum + sample.value, 0);
    },
  };
}

function parseSample(line: string): readonly { readonly name: string; readonly labels: string; readonly value: number }[] {
  const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  return name === undefined ? [] : [{ name, labels, value: Number(value) }];
}
