import { formatDuration } from '#core/format-duration.ts';
import { html, type Html } from './html.ts';

/** The q-quantile by the nearest rank; undefined of nothing. */
export function quantile(values: readonly number[], q: number): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}

const size = { width: 240, height: 44, gap: 1.5, least: 2 };

/** How long recent ones took, oldest on the left: a bar for each, and the figures in words. */
export function latencyChart(name: string, values: readonly number[]): Html {
  const [middle, high] = [quantile(values, 0.5), quantile(values, 0.95)];
  if (middle === undefined || high === undefined)
    return html`<figure class="chart"><figcaption>${name}</figcaption><p class="dim">none yet</p></figure>`;
  const told = `${name}: median ${formatDuration(middle)}, 95% within ${formatDuration(high)}, latest ${values.length}`;
  return html`<figure class="chart"><figcaption>${name}</figcaption>
<p class="figures"><b>${formatDuration(middle)}</b> median <span class="dim">· 95% within ${formatDuration(high)}</span></p>
<svg role="img" aria-label="${told}" viewBox="0 0 ${size.width} ${size.height}" preserveAspectRatio="none">${bars(values)}</svg></figure>`;
}

/** The width of a bar does not grow past a twentieth: a single one is no wall. */
function bars(values: readonly number[]): readonly Html[] {
  const slot = size.width / Math.max(values.length, 20);
  const highest = Math.max(...values, 1);
  const begin = size.width - slot * values.length;
  return values.map((value, index) => {
    const height = Math.max(size.least, (value / highest) * size.height);
    const x = begin + index * slot;
    return html`<rect x="${figure(x)}" y="${figure(size.height - height)}" width="${figure(slot - size.gap)}" height="${figure(height)}"><title>${formatDuration(value)}</title></rect>`;
  });
}

function figure(value: number): string {
  return value.toFixed(1);
}
