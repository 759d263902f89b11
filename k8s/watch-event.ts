import { z } from 'zod';

const object = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string().min(1) }) });
const status = z.looseObject({ code: z.number().optional(), message: z.string().optional() });
const line = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']), object }),
  z.object({ type: z.literal('ERROR'), object: status }),
]);

/** One line of a watch (meta/v1 WatchEvent). */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: unknown; readonly resourceVersion: string }
  | { readonly type: 'ERROR'; readonly code: number; readonly message: string };

/** @throws Error when the line is not a watch event */
export function parseWatchEvent(text: string): WatchEvent {
  const event = line.parse(JSON.parse(text));
  if (event.type !== 'ERROR') return { type: event.type, object: event.object, resourceVersion: event.object.metadata.resourceVersion };
  return { type: 'ERROR', code: event.object.code ?? 0, message: event.object.message ?? 'the watch ended with an error' };
}
