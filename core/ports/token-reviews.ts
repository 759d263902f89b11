/** What a cluster says of a token (`status` of a TokenReview, authentication.k8s.io/v1). */
export interface TokenReview {
  readonly authenticated: boolean;
  /** `system:serviceaccount:…`; null when it is nobody's. */
  readonly user: string | null;
  /** Those of the audiences asked for that the token is meant for; empty also when the API server knows nothing of audiences. */
  readonly audiences: readonly string[];
  /** Why not, in the cluster's words. */
  readonly error: string | null;
}

/** Asks clusters whose tokens are. Nothing is remembered: an account that is deleted is refused from then on. */
export interface TokenReviews {
  /** @throws HeadgateError CLUSTER_UNREACHABLE, CLUSTER_REFUSED, OVERLOADED when too many are asked for at once */
  review(cluster: string, token: string, audiences: readonly string[]): Promise<TokenReview>;
}
