import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Cancel, Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';

/** PEM files; the certificate's with its chain. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads a certificate and its key, and makes sure that they belong together.
 * @throws HeadgateError SECRET_UNAVAILABLE
 */
export function readCertificate(files: CertificateFiles): Certificate {
  try {
    const certificate = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
    createSecureContext(certificate);
    return certificate;
  } catch (cause) {
    throw new HeadgateError('SECRET_UNAVAILABLE', `TLS certificate ${files.cert} with key ${files.key}: ${messageOf(cause)}`, {
      hint: 'Both must be PEM files that belong together; they are read again by themselves.',
      cause,
    });
  }
}

/**
 * Calls `use` whenever the files hold another good certificate. Looks at them instead of watching: mounted secrets are
 * swapped by symlinks, which file watches miss. A bad pair (half replaced, most often) leaves the one in use.
 */
export function watchCertificate(
  files: CertificateFiles,
  use: (certificate: Certificate) => void,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Cancel {
  let seen = stampOf(files);
  let cancel: Cancel = () => {};
  const look = (): void => {
    const stamp = stampOf(files);
    if (stamp !== seen) {
      seen = stamp;
      try {
        use(readCertificate(files));
        log.info('TLS certificate was read again');
      } catch (error) {
        log.warn('TLS certificate cannot be used; the one before stays', { error });
      }
    }
    cancel = clock.after(limits.http.certificateRefresh, look);
  };
  cancel = clock.after(limits.http.certificateRefresh, look);
  return () => cancel();
}

function stampOf({ cert, key }: CertificateFiles): string {
  return [cert, key].map(fileStamp).join(' ');
}

function fileStamp(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.ino}:${stat.size}:${stat.mtimeMs}` : 'absent';
}
