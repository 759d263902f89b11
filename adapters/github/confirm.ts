import type { Confirmation } from '#core/ports/source-adapter.ts';

/** `readBack: none`: nothing is asked of GitHub, so nothing is confirmed and the hints stand as they are. */
export function confirm(): Promise<Confirmation> {
  return Promise.resolve({ confirmed: false });
}
