import { createPublicKey, generateKeyPairSync, randomUUID, sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import type { ObjectStore } from '#sandbox/cluster/object-store.ts';
import { badRequest, invalid, notFound } from '#sandbox/cluster/status-error.ts';
import { timestamp } from '#sandbox/timestamp.ts';

/** What kubeadm and k3s give as `--service-account-issuer`; also the audience of the API server itself. */
const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const HEADER = { alg: 'ES256', kid: 'sandbox' };

const requestShape = z.looseObject({
  spec: z.looseObject({ audiences: z.array(z.string()).default([]), expirationSeconds: z.number().int().default(3_600) }),
});
const reviewShape = z.looseObject({ spec: z.looseObject({ token: z.string(), audiences: z.array(z.string()).default([]) }) });
const claimsShape = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.array(z.string()),
  exp: z.number(),
  'kubernetes.io': z.object({ namespace: z.string(), serviceaccount: z.object({ name: z.string(), uid: z.string() }) }),
});

interface Reviewed {
  readonly authenticated?: true;
  readonly user: object;
  readonly audiences?: readonly string[];
  readonly error?: string;
}

/** Signs tokens of service accounts, and says of tokens whether they are good: the subresource `token`, and TokenReview. */
export class ServiceAccountTokens {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #key: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** `POST …/serviceaccounts/{name}/token`. @throws StatusError NotFound, BadRequest, Invalid */
  request(namespace: string, name: string, body: unknown): object {
    const account = this.#account(namespace, name);
    if (account === undefined) throw notFound(this.#kind(), name);
    const asked = requestShape.safeParse(body);
    if (!asked.success) throw badRequest('TokenRequest: spec is needed');
    const { audiences, expirationSeconds } = asked.data.spec;
    if (expirationSeconds < 600) {
      const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest', plural: 'tokenrequests' };
      throw invalid(
        kind,
        '',
        'spec.expirationSeconds',
        `Invalid value: ${expirationSeconds}: may not specify a duration less than 10 minutes`,
      );
    }
    const now = Math.floor(this.#clock.now() / 1_000);
    const exp = now + expirationSeconds;
    const aud = audiences.length > 0 ? audiences : [ISSUER];
    const own = { namespace, serviceaccount: { name, uid: account.metadata.uid } };
    const sub = `system:serviceaccount:${namespace}:${name}`;
    const token = this.#sign({ aud, exp, iat: now, iss: ISSUER, jti: randomUUID(), 'kubernetes.io': own, nbf: now, sub });
    const spec = { audiences: aud, expirationSeconds };
    return { ...asked.data, spec, status: { token, expirationTimestamp: timestamp(exp * 1_000) } };
  }

  /** `POST …/tokenreviews`. @throws StatusError BadRequest */
  review(body: unknown): object {
    const asked = reviewShape.safeParse(body);
    if (!asked.success) throw badRequest('TokenReview: spec.token is needed');
    const { token, audiences } = asked.data.spec;
    return { ...asked.data, status: this.#judge(token, audiences.length > 0 ? audiences : [ISSUER]) };
  }

  #judge(token: string, audiences: readonly string[]): Reviewed {
    const claims = this.#read(token);
    if (claims === undefined || claims.exp * 1_000 <= this.#clock.now()) return refused('invalid bearer token');
    const meant = audiences.filter((audience) => claims.aud.includes(audience));
    if (meant.length === 0)
      return refused(
        `[invalid bearer token, token audiences [${claims.aud.join(' ')}] is invalid for the target audiences [${audiences.join(' ')}]]`,
      );
    const { namespace, serviceaccount } = claims['kubernetes.io'];
    if (this.#account(namespace, serviceaccount.name)?.metadata.uid !== serviceaccount.uid)
      return refused('[invalid bearer token, service account token has been invalidated]');
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    return { authenticated: true, user: { username: claims.sub, uid: serviceaccount.uid, groups }, audiences: meant };
  }

  #read(token: string): z.output<typeof claimsShape> | undefined {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const options = { key: createPublicKey(this.#key), dsaEncoding: 'ieee-p1363' } as const;
    if (!verify('sha256', Buffer.from(`${header}.${payload}`), options, Buffer.from(signature, 'base64url'))) return undefined;
    return claimsShape.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  }

  #sign(claims: object): string {
    const signed = [HEADER, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signature = sign('sha256', Buffer.from(signed), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  #account(namespace: string, name: string) {
    return this.#store.get({ kind: this.#kind(), namespace, name });
  }

  #kind() {
    const kind = this.#store.kinds.byKind('ServiceAccount', 'v1');
    if (kind === undefined) throw new Error('ServiceAccount is built in');
    return kind;
  }
}

function refused(error: string): Reviewed {
  return { user: {}, error };
}
