import type { DestinationStream } from 'pino';
import { z } from 'zod';

const Line = z.looseObject({ level: z.string(), ts: z.string(), msg: z.string().default('') });

/** Turns JSON log lines into `12:00:00.000 info  message key=value` for people. */
export function consoleLines(destination: DestinationStream): DestinationStream {
  return { write: (line) => destination.write(formatLine(line)) };
}

function formatLine(line: string): string {
  const { level, ts, msg, stack, ...fields } = Line.parse(JSON.parse(line));
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`);
  const trace = typeof stack === 'string' ? `\n${oneLine(stack, true)}` : '';
  return `${[ts.slice(11, 23), level.padEnd(5), oneLine(msg), ...pairs].join(' ')}${trace}\n`;
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[\w./:@#+-]+$/.test(value) ? value : JSON.stringify(value);
}

/** Control characters in a message could forge lines or drive a terminal. */
function oneLine(text: string, keepNewlines = false): string {
  return text.replace(/\p{Cc}/gu, (char) => (keepNewlines && char === '\n' ? char : JSON.stringify(char).slice(1, -1)));
}
