import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import type { CookieKeys } from './cookie-keys.ts';

/** What is sealed for one purpose does not open for another. */
export type Purpose = 'attempt' | 'session';

const IV = 12;
const TAG = 16;

/** Packs a value for a browser to keep, which can neither read nor change it (AES-256-GCM). @returns characters of cookies */
export function seal(keys: Pick<CookieKeys, 'newest'>, purpose: Purpose, value: unknown): string {
  const { id, bytes } = keys.newest();
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', bytes, iv, { authTagLength: TAG }).setAAD(Buffer.from(purpose));
  const text = Buffer.concat([cipher.update(deflateRawSync(JSON.stringify(value))), cipher.final()]);
  return `${id}.${Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')}`;
}

/** The value that was sealed; undefined for everything that was not, or by a key that is gone. */
export function unseal(keys: Pick<CookieKeys, 'find'>, purpose: Purpose, sealed: string): unknown {
  const [id = '', body = ''] = sealed.split('.');
  const key = keys.find(id);
  const packed = Buffer.from(body, 'base64url');
  if (!key || packed.length <= IV + TAG) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, packed.subarray(0, IV), { authTagLength: TAG });
    decipher.setAAD(Buffer.from(purpose)).setAuthTag(packed.subarray(IV, IV + TAG));
    const text = Buffer.concat([decipher.update(packed.subarray(IV + TAG)), decipher.final()]);
    return parseJson(inflateRawSync(text, { maxOutputLength: limits.login.sealedBytes }), limits.http.jsonDepth);
  } catch {
    return undefined;
  }
}
