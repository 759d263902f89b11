import { webhookMac } from '#core/webhook-signature.ts';

/**
 * Signs as Standard Webhooks 1.0.0 says ("Signature scheme"): HMAC-SHA256 over `id.timestamp.body`, one signature for each secret.
 * @param secrets as configured: `whsec_` and base64, or else the key's own bytes
 * @param id without full stops
 * @param timestamp of the attempt, seconds since the epoch
 * @returns the value of `webhook-signature`
 * @throws HeadgateError SECRET_UNAVAILABLE for a `whsec_` secret that is none
 */
export function signWebhook(secrets: readonly Buffer[], id: string, timestamp: number, body: string): string {
  return secrets.map((secret) => `v1,${webhookMac(secret, id, String(timestamp), body).toString('base64')}`).join(' ');
}
