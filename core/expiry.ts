import { finding, type Finding, type FindingCode, type OwnWords } from './finding.ts';
import { formatAge, formatDuration } from './format-duration.ts';
import { limits } from './limits.ts';

/** Something that ends: a token, a certificate. */
export interface Expiring {
  readonly code: FindingCode;
  readonly about: string;
  /** For people: `token of kubeconfig user ci`. */
  readonly what: string;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
  readonly now: number;
  /** Somebody renews it by itself, so that it may be short-lived. */
  readonly renewed?: boolean;
  readonly own?: OwnWords;
}

/** Bad once it has ended, a warning for limits.check.expiry before. */
export function expiryFinding({ code, about, what, endsAt, now, renewed = false, own = {} }: Expiring): Finding {
  const left = endsAt - now;
  const day = new Date(endsAt).toISOString();
  if (left <= 0) return finding(code, about, 'bad', `${what}: expired ${formatAge(-left)} ago, ${day}`, own);
  const message = `${what}: expires in ${formatDuration(left)}, ${day}${renewed ? ', and is renewed' : ''}`;
  return finding(code, about, renewed || left > limits.check.expiry ? 'good' : 'warning', message, own);
}
