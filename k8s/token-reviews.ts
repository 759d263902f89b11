import { z } from 'zod';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { TokenReview, TokenReviews } from '#core/ports/token-reviews.ts';
import { ApiError } from './api-error.ts';
import type { Connection } from './connection.ts';

/** `status` of a TokenReview. A field that says nothing is left out by the API server. */
const Reviewed = z.object({
  status: z.object({
    authenticated: z.boolean().default(false),
    user: z.object({ username: z.string().default('') }).default({ username: '' }),
    audiences: z.array(z.string()).default([]),
    error: z.string().default(''),
  }),
});

const { reviewTimeout, reviewBytes, reviewsAtOnce } = limits.kube;

/** TokenReviews of the configured clusters. Whoever can reach us can make us ask, so only so many are under way at once. */
export class KubeTokenReviews implements TokenReviews {
  readonly #connections: ReadonlyMap<string, Connection>;
  readonly #underWay = new Map<string, number>();

  constructor(connections: ReadonlyMap<string, Connection>) {
    this.#connections = connections;
  }

  async review(cluster: string, token: string, audiences: readonly string[]): Promise<TokenReview> {
    const connection = this.#connections.get(cluster);
    if (!connection) throw new ApiError(404, `no cluster "${cluster}" is configured`);
    const underWay = this.#underWay.get(cluster) ?? 0;
    if (underWay >= reviewsAtOnce) throw new HeadgateError('OVERLOADED', `${cluster}: too many tokens are under review`);
    this.#underWay.set(cluster, underWay + 1);
    try {
      return await ask(connection, token, audiences);
    } finally {
      this.#underWay.set(cluster, (this.#underWay.get(cluster) ?? 1) - 1);
    }
  }
}

async function ask(connection: Connection, token: string, audiences: readonly string[]): Promise<TokenReview> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences } };
  const path = '/apis/authentication.k8s.io/v1/tokenreviews';
  const answer = await connection.send({ method: 'POST', path, body, timeout: reviewTimeout, maxBytes: reviewBytes });
  const parsed = Reviewed.safeParse(answer);
  if (!parsed.success) throw new ApiError(null, `${connection.cluster}: the answer is no TokenReview`, parsed.error);
  const { authenticated, user, audiences: meant, error } = parsed.data.status;
  return { authenticated, user: user.username === '' ? null : user.username, audiences: meant, error: error === '' ? null : error };
}
