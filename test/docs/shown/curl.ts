import { parseArgs } from 'node:util';
import type { Call } from './program-server.ts';
import { realAddress, type Stage } from './stage.ts';

/** Plays curl, as far as pages use it: `-s`, `-S`, `-f`, `-H`, `-X`, `-d` and an address of this machine. */
export async function curl(stage: Stage, { args, stdout, stderr }: Call): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [named = ''] = positionals;
  const address = realAddress(stage, /^https?:/.test(named) ? named : `http://${named}`);
  if (new URL(address).hostname !== '127.0.0.1') throw new Error(`${address} is not on this machine`);
  const { request = values.data === undefined ? 'GET' : 'POST', data = null, header = [] } = values;
  const answer = await fetch(address, { method: request, headers: new Headers(header.map(headerOf)), body: data });
  if (!answer.ok && values.fail === true) {
    stderr.write(`curl: (22) The requested URL returned error: ${answer.status}\n`);
    return 22;
  }
  stdout.write(await answer.text());
  return 0;
}

const options = {
  silent: { type: 'boolean', short: 's' },
  'show-error': { type: 'boolean', short: 'S' },
  fail: { type: 'boolean', short: 'f' },
  header: { type: 'string', short: 'H', multiple: true },
  request: { type: 'string', short: 'X' },
  data: { type: 'string', short: 'd' },
} as const;

function headerOf(text: string): [string, string] {
  const [name = '', ...value] = text.split(':');
  return [name, value.join(':').trim()];
}
