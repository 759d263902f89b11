import { createRequire } from 'node:module';
import type * as Cel from '@bufbuild/cel';
import type * as WellKnownTypes from '@bufbuild/protobuf/wkt';
import type * as Re2 from '@bufbuild/re2';

const load = createRequire(import.meta.url);

type Timestamps = Pick<typeof WellKnownTypes, 'timestampFromMs' | 'TimestampSchema'>;
export type CelLibrary = typeof Cel & Pick<typeof Re2, 'RE2JS'> & Timestamps;

/**
 * What evaluates CEL. Loaded when the first expression asks for it: that takes a tenth of a server's start and 28 MB, and most policies
 * have none. By `require`, because policies are read and decided without waiting.
 */
export function loadCel(): CelLibrary {
  const { RE2JS } = load('@bufbuild/re2') as typeof Re2;
  const { timestampFromMs, TimestampSchema } = timestamps();
  return { ...(load('@bufbuild/cel') as typeof Cel), RE2JS, timestampFromMs, TimestampSchema };
}

/** A moment as expressions see it. @param ms since the epoch */
export function celTimestamp(ms: number): WellKnownTypes.Timestamp {
  return timestamps().timestampFromMs(ms);
}

function timestamps(): Timestamps {
  return (known ??= load('@bufbuild/protobuf/wkt') as typeof WellKnownTypes);
}

/** Every decision with an expression asks for moments, and `require` takes 50 µs to find again what it has loaded. */
let known: Timestamps | undefined;
