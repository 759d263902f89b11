import { pause, type Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { AddressGate } from '#server/intake/address-gate.ts';
import { RefusalLog } from '#server/intake/refusal-log.ts';
import { SourceRates, type DeliveryRate } from '#server/intake/source-rates.ts';

/** What keeps one sender from taking what is there for all. */
export interface Guards {
  readonly rates: SourceRates;
  readonly addresses: AddressGate;
  readonly refusals: RefusalLog;
  /** Resolves when a sender that is too fast may be told so; at once where many wait for that already. */
  hold(): Promise<void>;
  /** Runs `look` once within `limits.intake.lookInterval`, at its end, however often it is asked to for that source. */
  lookLater(source: string, look: () => void): void;
}

export interface GuardsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** As in the config. */
  readonly sources: readonly { readonly name: string; readonly webhook?: { readonly rate?: DeliveryRate | undefined } | undefined }[];
}

export function openGuards({ clock, log, sources }: GuardsOptions): Guards {
  const rates = new Map(sources.flatMap(({ name, webhook }) => (webhook?.rate ? [[name, webhook.rate] as const] : [])));
  return {
    rates: new SourceRates(clock, rates),
    addresses: new AddressGate(clock),
    refusals: new RefusalLog(clock, log),
    hold: holder(clock),
    lookLater: laterLooks(clock),
  };
}

function holder(clock: Clock): Guards['hold'] {
  let held = 0;
  return async () => {
    if (held >= limits.intake.held) return;
    held += 1;
    await pause(clock, limits.intake.holdFor);
    held -= 1;
  };
}

function laterLooks(clock: Clock): Guards['lookLater'] {
  const waiting = new Set<string>();
  return (source, look) => {
    if (waiting.has(source)) return;
    waiting.add(source);
    clock.after(limits.intake.lookInterval, () => {
      waiting.delete(source);
      look();
    });
  };
}
