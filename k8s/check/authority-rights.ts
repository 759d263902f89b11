import type { Right } from './rights.ts';

const mend = 'kubectl apply -f deploy/rbac-authority.yaml';

/** Needed only where an issuer of the config names the cluster. */
export const tokenReviews: Right = {
  verb: 'create',
  group: 'authentication.k8s.io',
  resource: 'tokenreviews',
  severity: 'bad',
  without: 'Tokens of service accounts of this cluster are answered with 503 (TOKEN_REVIEW_UNAVAILABLE); everything else works.',
  mend,
};
