/** Text around binary data: RFC 9580 section 6.2 for OpenPGP, PROTOCOL.sshsig of OpenSSH for SSH signatures. */
export interface Armour {
  /** `PGP SIGNATURE`, `SSH SIGNATURE`, … */
  readonly label: string;
  readonly data: Buffer;
}

const begin = /^-----BEGIN ([A-Z][A-Z ]{0,40})-----$/;
/** Headers of OpenPGP (`Version: …`): they say nothing that counts, RFC 9580 section 6.2.2. */
const header = /^[A-Za-z][A-Za-z0-9-]{0,30}: .{0,1000}$/;
const base64Line = /^[A-Za-z0-9+/]+={0,2}$/;
/** CRC-24: it must not be a reason to refuse anything, RFC 9580 section 6.1. */
const checksum = /^=[A-Za-z0-9+/]{4}$/;

/**
 * Opens a text that is one armoured block and nothing else but white space around it.
 * @throws RangeError saying what is wrong
 */
export function openArmour(text: string): Armour {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trimEnd());
  const label = begin.exec(lines[0] ?? '')?.[1];
  if (label === undefined) throw new RangeError('it does not begin with `-----BEGIN …-----`');
  const end = lines.indexOf(`-----END ${label}-----`);
  if (end < 0) throw new RangeError(`it does not end with \`-----END ${label}-----\``);
  if (end !== lines.length - 1) throw new RangeError('something follows its end');
  return { label, data: decode(bodyOf(lines.slice(1, end), label)) };
}

/** Without headers and the blank line behind them, and without the checksum: SSH signatures have none of them. */
function bodyOf(lines: readonly string[], label: string): readonly string[] {
  if (!label.startsWith('PGP ')) return lines;
  const blank = lines.indexOf('');
  if (blank < 0 || !lines.slice(0, blank).every((line) => header.test(line))) throw new RangeError('no blank line follows its headers');
  const body = lines.slice(blank + 1);
  return checksum.test(body.at(-1) ?? '') ? body.slice(0, -1) : body;
}

function decode(lines: readonly string[]): Buffer {
  const base64 = lines.join('');
  if (!lines.every((line) => base64Line.test(line)) || !base64Line.test(base64) || base64.length % 4 !== 0) {
    throw new RangeError('what it holds is no base64');
  }
  return Buffer.from(base64, 'base64');
}
