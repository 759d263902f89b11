import { parseGoDuration } from './go-duration.ts';
import type { Fields } from './fields.ts';

const seconds = 1_000;

/**
 * How long one run of an object may take, milliseconds: the defaults of the CRDs and of the controllers' `GetTimeout`.
 * kustomize-controller takes its interval less 30 s, and never less than 30 s.
 */
export function parseTimeout(kind: string, spec: Fields): number {
  const own = duration(spec, 'timeout');
  switch (kind) {
    case 'Kustomization':
      return Math.max(30 * seconds, own ?? (duration(spec, 'interval') ?? 330 * seconds) - 30 * seconds);
    case 'HelmRelease':
      return own ?? 300 * seconds;
    default:
      return own ?? 60 * seconds;
  }
}

function duration(spec: Fields, name: string): number | undefined {
  return parseGoDuration(spec.text(name) ?? '');
}
