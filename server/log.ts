import { pino, type DestinationStream } from 'pino';
import type { Clock } from '#core/clock.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { consoleLines } from '#server/log-console.ts';
import { cleanText, loggable } from '#server/log-fields.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  readonly level: LogLevel;
  /** `json` for machines, `console` for people. */
  readonly encoding: 'json' | 'console';
  /** Where lines go, each with its newline. */
  readonly destination: DestinationStream;
  readonly clock: Clock;
}

/** A Log with Flux's keys: `level` as a word, `ts` in ISO 8601, `msg`, `error`. */
export function createLog({ level, encoding, destination, clock }: LogOptions): Log {
  const lines = pino(
    {
      level,
      base: null,
      messageKey: 'msg',
      timestamp: () => `,"ts":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    encoding === 'json' ? destination : consoleLines(destination),
  );
  const write =
    (at: LogLevel): Log['info'] =>
    (message, fields = {}) => {
      if (lines.isLevelEnabled(at)) lines[at](loggable(fields), cleanText(message));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
