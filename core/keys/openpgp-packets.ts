import { createHash } from 'node:crypto';
import { ByteReader } from '#core/keys/byte-reader.ts';

/** Packet types of RFC 9580 section 5 that are told apart here. */
export const packetTypes = { signature: 2, secretKey: 5, publicKey: 6, secretSubkey: 7, publicSubkey: 14 } as const;

export interface Packet {
  readonly type: number;
  readonly body: Buffer;
}

/**
 * The packets that data consists of, to its last byte. Their contents are not looked at.
 * @param most packets that are taken
 * @throws RangeError
 */
export function readPackets(data: Buffer, most: number): readonly Packet[] {
  const reader = new ByteReader(data);
  const packets: Packet[] = [];
  while (reader.left > 0) {
    if (packets.length === most) throw new RangeError(`it has more than ${most} packets`);
    packets.push(readPacket(reader));
  }
  return packets;
}

/** RFC 9580 section 4.2. Partial and indeterminate lengths are for data, not for keys and signatures. */
function readPacket(reader: ByteReader): Packet {
  const tag = reader.number(1);
  if ((tag & 0x80) === 0) throw new RangeError('it holds something that is no OpenPGP packet');
  const isNew = (tag & 0x40) !== 0;
  const type = isNew ? tag & 0x3f : (tag >> 2) & 0x0f;
  return { type, body: reader.take(isNew ? newLength(reader) : oldLength(reader, tag & 0x03)) };
}

function newLength(reader: ByteReader): number {
  const first = reader.number(1);
  if (first < 192) return first;
  if (first < 224) return ((first - 192) << 8) + reader.number(1) + 192;
  if (first < 255) throw new RangeError('it has a packet of partial length');
  return reader.number(4);
}

function oldLength(reader: ByteReader, kind: number): number {
  if (kind === 3) throw new RangeError('it has a packet of indeterminate length');
  return reader.number(kind === 0 ? 1 : kind === 1 ? 2 : 4);
}

/**
 * Fingerprint of a public key packet, upper-case hex: RFC 9580 section 5.5.4.
 * @throws RangeError for versions other than 4 and 6
 */
export function fingerprintOf({ body }: Packet): string {
  const [version = 0] = body;
  if (version === 4 && body.length <= 0xffff) return digest('sha1', Buffer.from([0x99, body.length >> 8, body.length & 0xff]), body);
  if (version !== 6) throw new RangeError(`it is a key of version ${version}; versions 4 and 6 are taken`);
  const prefix = Buffer.alloc(5, 0x9b);
  prefix.writeUInt32BE(body.length, 1);
  return digest('sha256', prefix, body);
}

function digest(hash: 'sha1' | 'sha256', prefix: Buffer, body: Buffer): string {
  return createHash(hash).update(prefix).update(body).digest('hex').toUpperCase();
}
