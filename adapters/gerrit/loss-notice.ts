/**
 * What Gerrit itself says when it has left out events. Somebody who listens apart sends it to a server, which looks at the branches then.
 * @param now milliseconds since the epoch
 */
export function lossNotice(now: number): string {
  return JSON.stringify({ type: 'dropped-output', eventCreatedOn: Math.floor(now / 1_000) });
}
