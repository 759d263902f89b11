import type { FluxObject } from './flux-object.ts';

/**
 * Whether an object has handled our token, or one that was written after it. Of several tokens written during one run only the
 * last is echoed, and others write tokens too, so equality is not enough. Order is known from what the watch has shown; for what it
 * has not shown, tokens that are times (as Flux's own tools and we write them) are compared.
 * @param token null when nothing was written, so nothing has to be handled
 */
export function hasHandled({ handled, tokens }: Pick<FluxObject, 'handled' | 'tokens'>, token: string | null): boolean {
  if (token === null || handled === token) return true;
  if (handled === null) return false;
  const ours = tokens.lastIndexOf(token);
  const echoed = tokens.lastIndexOf(handled);
  return ours >= 0 && echoed >= 0 ? echoed > ours : isLater(handled, token);
}

/** By the millisecond, then by the digits beyond it. */
function isLater(one: string, other: string): boolean {
  const difference = Date.parse(one) - Date.parse(other);
  return difference === 0 ? one > other : difference > 0; // NaN, when one is no time, is neither
}
