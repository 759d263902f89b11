import type { Response } from 'express';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';

/** A source, and how its stream of events stands where it has one. */
export function sourceLine({ name, type, stream }: Pick<SourceAdapter, 'name' | 'type' | 'stream'>): string {
  if (!stream) return `${mark(true)} source ${name}: ${type}`;
  const { state, message } = stream.health();
  return `${mark(state === 'streaming')} source ${name}: ${type}, stream ${state}${message === null ? '' : ` (${message})`}`;
}

/** As Kubernetes' own probes print it. */
export function mark(good: boolean): string {
  return good ? '[+]' : '[-]';
}

/** In plain text, one line for each thing. */
export function answerProbe(response: Response, good: boolean, lines: readonly string[]): void {
  response.writeHead(good ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${lines.join('\n')}\n`);
}
