/** `4 ms`, `1.31 s`, `2m05s`, `3h20m`, `5d`. */
export function formatDuration(ms: number): string {
  const size = Math.max(0, Math.round(ms));
  if (size < 1_000) return `${size} ms`;
  if (size < 10_000) return `${(size / 1_000).toFixed(2)} s`;
  const seconds = Math.round(size / 1_000);
  if (seconds < 60) return `${(size / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${pad(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h${pad(minutes % 60)}m` : `${Math.floor(hours / 24)}d`;
}

/** How long ago: `4s`, `2m`, `3h`, `5d`, as kubectl shows ages. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

function pad(figure: number): string {
  return String(figure).padStart(2, '0');
}
