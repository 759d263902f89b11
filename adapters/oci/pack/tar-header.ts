const blockBytes = 512;
const zeros = Buffer.alloc(blockBytes);

/**
 * The header of one file, as POSIX describes it (pax, "ustar Interchange Format"): owner 0 without a name, modified in 1970, so that it is a function
 * of name, size and mode alone. A name that has more than 100 bytes, or others than ASCII, stands in a pax header before it.
 */
export function tarHeader(name: string, size: number, mode: number): Buffer {
  if (Buffer.byteLength(name) <= 100 && /^[\x20-\x7e]*$/.test(name)) return ustar(name, size, mode, '0');
  const record = paxRecord('path', name);
  return Buffer.concat([
    ustar('PaxHeader', record.length, 0o644, 'x'),
    record,
    padding(record.length),
    ustar('PaxContent', size, mode, '0'),
  ]);
}

/** What follows so many bytes of content. */
export function padding(size: number): Buffer {
  return zeros.subarray(0, (blockBytes - (size % blockBytes)) % blockBytes);
}

/** What a tar ends with. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * blockBytes);
}

function ustar(name: string, size: number, mode: number, type: string): Buffer {
  const header = Buffer.allocUnsafe(blockBytes).fill(0); // of a pool: thousands by themselves keep the garbage collector busy
  header.write(name, 0, 'latin1');
  header.write(`${octal(mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0${octal(size, 11)}\0${octal(0, 11)}\0`, 100, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write(type, 156, 'latin1');
  header.write('ustar\u{0}00', 257, 'latin1');
  header.write(`${octal(0, 7)}\0${octal(0, 7)}\0`, 329, 'latin1');
  let sum = 0;
  for (let at = 0; at < blockBytes; at++) sum += header[at] ?? 0;
  header.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
