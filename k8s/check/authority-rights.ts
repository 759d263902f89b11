import type { Right } from './rights.ts';

const mend = 'kubectl apply -f deploy/rbac-authority.yaml';

const tokenReviews: Right = {
  verb: 'create',
  group: 'authentication.k8s.io',
  resource: 'tokenreviews',
  severity: 'bad',
  without: 'Tokens of service accounts of this cluster are answered with 503 (TOKEN_REVIEW_UNAVAILABLE); everything else works.',
  mend,
};

const accessReviews: Right = {
  verb: 'create',
  group: 'authorization.k8s.io',
  resource: 'subjectaccessreviews',
  severity: 'bad',
  without: 'Whatever somebody asks for with a token is denied at this cluster (access-unavailable); pushes are decided as before.',
  mend,
};

/** What the config has a cluster asked. */
interface Asking {
  /** Clusters that are asked whose tokens are. */
  readonly reviewing: { has(cluster: string): boolean };
  /** Clusters with a second authority. */
  readonly authorizing: { has(cluster: string): boolean };
}

/** The rights that are needed for what the config has this cluster asked. */
export function authorityRights({ reviewing, authorizing }: Asking, cluster: string): readonly Right[] {
  return [...(reviewing.has(cluster) ? [tokenReviews] : []), ...(authorizing.has(cluster) ? [accessReviews] : [])];
}
