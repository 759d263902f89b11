import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const fixtures = join(import.meta.dirname, '../../fixtures/gerrit');

/** What a webhook of the captured server was. */
export interface CapturedWebhook {
  readonly path: string;
  /** Lower-case name → value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** @param number of the capture, for example `0058` */
export function webhook(number: string): CapturedWebhook {
  const bytes = readFileSync(join(fixtures, 'webhooks', `${number}.http`));
  const end = bytes.indexOf('\r\n\r\n');
  const [start = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]);
  return { path: start.split(' ')[1] ?? '', headers: Object.fromEntries(headers) as Record<string, string>, body: bytes.subarray(end + 4) };
}

/** The lines of a captured stream, without their newlines. @param name for example `run2/admin-all` */
export function streamLines(name: string): readonly Buffer[] {
  const text = readFileSync(join(fixtures, 'stream', `${name}.raw`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line));
}
