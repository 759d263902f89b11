/** @returns the body of the only primary key's packet, or in words why the text is not one armoured public key (RFC 9580 section 6.2) */
export function primaryKeyOf(text: string): Buffer | { readonly problem: string } {
  const [, content] = armour.exec(text.trim()) ?? [];
  if (content === undefined) return { problem: 'it is not one block from `-----BEGIN PGP PUBLIC KEY BLOCK-----` to its end' };
  const packets = packetsOf(Buffer.from(content.replace(/\r?\n=[A-Za-z0-9+/]{4}\s*$/, ''), 'base64'));
  if (packets === undefined) return { problem: 'what the block holds are no OpenPGP packets' };
  if (packets.some(({ tag }) => secret.includes(tag)))
    return { problem: 'it holds a secret key: make a new one, and write only its public part here' };
  const [key, ...more] = packets.filter(({ tag }) => tag === PUBLIC_KEY);
  if (key === undefined || packets[0] !== key) return { problem: 'the block does not begin with a public key' };
  return more.length > 0 ? { problem: 'it holds several keys: write each as an entry of its own' } : key.body;
}

/** Headers such as `Comment:` end at an empty line; after it nothing but base64 and its checksum. */
const armour =
  /^-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\r?\n(?:[A-Za-z]+: [^\r\n]*\r?\n)*[ \t]*\r?\n([A-Za-z0-9+/=\s]+)-----END PGP PUBLIC KEY BLOCK-----$/;

interface Packet {
  readonly tag: number;
  readonly body: Buffer;
}

/** RFC 9580 section 5: packet type IDs. */
const PUBLIC_KEY = 6;
const secret: readonly number[] = [5, 7];

function packetsOf(bytes: Buffer): readonly Packet[] | undefined {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = headAt(bytes, at);
    if (head === undefined || head.end > bytes.length) return undefined;
    packets.push({ tag: head.tag, body: bytes.subarray(head.start, head.end) });
    at = head.end;
  }
  return packets;
}

interface Head {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** RFC 9580 section 4.2; partial and indeterminate lengths are for data, keys have none. */
function headAt(bytes: Buffer, at: number): Head | undefined {
  const first = bytes[at] ?? 0;
  if ((first & 0x80) === 0) return undefined;
  const isNew = (first & 0x40) !== 0;
  const tag = isNew ? first & 0x3f : (first >> 2) & 0x0f;
  const length = isNew ? newLength(bytes, at + 1) : oldLength(bytes, at + 1, first & 0x03);
  return length && { tag, start: length.next, end: length.next + length.value };
}

interface Length {
  readonly value: number;
  readonly next: number;
}

function newLength(bytes: Buffer, at: number): Length | undefined {
  const first = bytes[at];
  if (first === undefined || (first >= 224 && first < 255)) return undefined;
  if (first < 192) return { value: first, next: at + 1 };
  if (first === 255) return numberAt(bytes, at + 1, 4);
  const second = bytes[at + 1];
  return second === undefined ? undefined : { value: ((first - 192) << 8) + second + 192, next: at + 2 };
}

function oldLength(bytes: Buffer, at: number, type: number): Length | undefined {
  return type === 3 ? undefined : numberAt(bytes, at, 2 ** type);
}

function numberAt(bytes: Buffer, at: number, size: number): Length | undefined {
  return at + size > bytes.length ? undefined : { value: bytes.readUIntBE(at, size), next: at + size };
}
