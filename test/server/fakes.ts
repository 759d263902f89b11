import type { NewDelivery } from '#core/delivery.ts';
import type { LogFields, Log, Metrics } from '#core/ports/telemetry.ts';
import { silentMetrics } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { createAdapter, SourceConfig } from '#adapters/registry.ts';
import { clientAddressBehind } from '#server/client-address.ts';
import type { HooksDeps } from '#server/routes/hooks.ts';
import { secret } from '../adapters/github/deliveries.ts';

/** Remembers deliveries and answers like a journal, at once, when told to, or never. */
export class FakeDeliveryLog {
  readonly rows: NewDelivery[] = [];
  failure: Error | undefined;
  /** Appends wait for this. */
  gate: Promise<void> = Promise.resolve();

  async append(delivery: NewDelivery): Promise<{ readonly id: string; readonly known: boolean }> {
    await this.gate;
    if (this.failure) throw this.failure;
    const known = this.rows.find((row) => row.source === delivery.source && row.deliveryId === delivery.deliveryId);
    if (known) return { id: known.id, known: true };
    this.rows.push(delivery);
    return { id: delivery.id, known: false };
  }
}

export interface LogLine {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: LogFields;
}

export function recordingLog(): { readonly log: Log; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: keyof Log) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}

export interface HooksWorld {
  readonly deps: HooksDeps;
  readonly journal: FakeDeliveryLog;
  readonly lines: LogLine[];
  readonly counted: { source: string; code: string }[];
  readonly woken: NewDelivery[];
  secrets: readonly Buffer[];
}

export function hooksWorld(over: Partial<HooksDeps> = {}): HooksWorld {
  const journal = new FakeDeliveryLog();
  const { log, lines } = recordingLog();
  const counted: { source: string; code: string }[] = [];
  const woken: NewDelivery[] = [];
  const metrics: Metrics = { ...silentMetrics, webhook: (source, code) => counted.push({ source, code }) };
  const config = SourceConfig.parse({ name: 'hub', type: 'github', webhook: { secrets: [{ env: 'HUB' }] } });
  const world: Omit<HooksWorld, 'deps'> = { journal, lines, counted, woken, secrets: [secret] };
  const deps: HooksDeps = {
    sources: new Map([['hub', createAdapter(config, { secrets: () => world.secrets })]]),
    journal,
    clock: new SimulatedClock(),
    log,
    metrics,
    clientAddress: clientAddressBehind([]),
    onAccepted: (delivery) => woken.push(delivery),
    ...over,
  };
  return Object.assign(world, { deps });
}
