import assert from 'node:assert/strict';
import type { NewDelivery } from '#core/delivery.ts';
import type { LogFields, Log, Metrics } from '#core/ports/telemetry.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { createAdapter, SourceConfig, type AdapterDeps } from '#adapters/registry.ts';
import { clientAddressBehind } from '#server/client-address.ts';
import { openGuards } from '#server/intake/guards.ts';
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
  /** Sources of which deliveries are missing. */
  readonly gaps: string[];
  secrets: readonly Buffer[];
}

function adapterDeps(secrets: AdapterDeps['secrets']): AdapterDeps {
  const nothing = { log: silentLog, dataDirectory: '/nowhere', env: {}, pagesUrl: undefined };
  return { ...nothing, secrets, secret: () => assert.fail('no secret of the API is asked for'), clock: new SimulatedClock() };
}

export function hooksWorld(over: Partial<HooksDeps> = {}): HooksWorld {
  const journal = new FakeDeliveryLog();
  const { log, lines } = recordingLog();
  const counted: { source: string; code: string }[] = [];
  const woken: NewDelivery[] = [];
  const gaps: string[] = [];
  const metrics: Metrics = { ...silentMetrics, webhook: (source, code) => counted.push({ source, code }) };
  const config = SourceConfig.parse({ name: 'hub', type: 'github', webhook: { secrets: [{ env: 'HUB' }] } });
  const world: Omit<HooksWorld, 'deps'> = { journal, lines, counted, woken, gaps, secrets: [secret] };
  const deps: HooksDeps = {
    sources: new Map([
      [
        'hub',
        createAdapter(
          config,
          adapterDeps(() => world.secrets),
        ),
      ],
    ]),
    accept: (delivery) => journal.append(delivery),
    clock: new SimulatedClock(),
    log,
    metrics,
    clientAddress: clientAddressBehind([]),
    tokens: null,
    onAccepted: (delivery) => woken.push(delivery),
    onGap: (source) => gaps.push(source),
    guards: openGuards({ clock: over.clock ?? new SimulatedClock(), log, sources: [] }),
    ...over,
  };
  return Object.assign(world, { deps });
}
