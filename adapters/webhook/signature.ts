import { createHmac } from 'node:crypto';

/**
 * Signs as Standard Webhooks 1.0.0 says ("Signature scheme"): HMAC-SHA256 over `id.timestamp.body`, one signature for each secret.
 * @param secrets as configured: `whsec_` and base64, or else the key's own bytes
 * @param id without full stops
 * @param timestamp of the attempt, seconds since the epoch
 * @returns the value of `webhook-signature`
 */
export function signWebhook(secrets: readonly Buffer[], id: string, timestamp: number, body: string): string {
  const content = `${id}.${timestamp}.${body}`;
  return secrets.map((secret) => `v1,${createHmac('sha256', keyOf(secret)).update(content).digest('base64')}`).join(' ');
}

const PREFIX = 'whsec_';

function keyOf(secret: Buffer): Buffer {
  const text = secret.toString('latin1');
  return text.startsWith(PREFIX) ? Buffer.from(text.slice(PREFIX.length), 'base64') : secret;
}
