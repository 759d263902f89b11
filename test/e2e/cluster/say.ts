/** Progress, for whoever waits: standard error, so that standard output carries results only. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `1.2 s`, `3 min 20 s` */
export function duration(milliseconds: number): string {
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}
