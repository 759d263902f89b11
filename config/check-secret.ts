import { statSync } from 'node:fs';
import { messageOf } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { formatAge } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';
import { readSecretFile } from '#config/secret-file.ts';
import { describeSecret, type SecretRef } from '#config/secret-ref.ts';

export interface SecretQuestion {
  readonly about: string;
  /** What it is for: `webhook secret`. */
  readonly what: string;
  readonly ref: SecretRef;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The live value. @throws HeadgateError SECRET_UNAVAILABLE */
  readonly read: (ref: SecretRef) => Uint8Array;
}

/** Whether a secret can be read, by whom, and when its file was last written. Never what it is. */
export function secretFinding({ about, what, ref, now, read }: SecretQuestion): Finding {
  const name = `${what}, ${describeSecret(ref)}`;
  try {
    read(ref);
  } catch (error) {
    const mend = ref.file === undefined ? `Set ${ref.env} for the process.` : `Write it to ${ref.file}, \`chmod 0600\` it.`;
    return finding('SECRET', about, 'bad', `${what}: ${messageOf(error)}`, { mend });
  }
  if (ref.file === undefined) return finding('SECRET', about, 'good', `${name}: set; its age is not known`);
  return fileFinding({ about, name, file: ref.file, now });
}

function fileFinding({ about, name, file, now }: { about: string; name: string; file: string; now: number }): Finding {
  if (readSecretFile(file).worldReadable) {
    const without = 'Everything works; every user of this machine can read it.';
    return finding('SECRET', about, 'warning', `${name}: can be read by everybody`, { without, mend: `\`chmod 0600 ${file}\`` });
  }
  const age = now - statSync(file).mtimeMs;
  const message = `${name}: readable, written ${formatAge(age)} ago`;
  if (age <= limits.check.secretAge) return finding('SECRET', about, 'good', message);
  return finding('SECRET', about, 'warning', message, { without: 'Everything works; a secret this old is due to be replaced.' });
}
