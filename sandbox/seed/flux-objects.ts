/** Name of the GitRepository in the namespace `shop` that somebody has suspended. */
export const SUSPENDED = 'shop-preview';

/** Branch of acme/payments that an object follows and no policy allows. */
export const HOTFIX = 'hotfix';

/** The Flux objects of the sandbox's cluster: between them every answer that a push can get. */
export function seedObjects(urls: { readonly shop: string; readonly payments: string; readonly menu: string }): readonly object[] {
  return [
    // Matched and allowed; two consumers follow it.
    gitRepository('shop', 'shop', urls.shop, { ref: { branch: 'main' } }),
    kustomization('shop', 'shop', 'shop', './deploy/app', { wait: true, timeout: '2m' }),
    kustomization('shop', 'shop-jobs', 'shop', './deploy/jobs'),
    // The same repository, another ref: a candidate that does not match.
    gitRepository('shop', 'shop-stable', urls.shop, { ref: { tag: 'v1.0.0' } }),
    // Matched and allowed, and suspended once it has its first artifact.
    gitRepository('shop', SUSPENDED, urls.shop, { ref: { branch: 'main' } }),
    // Matched and denied: the shop's code would come into the namespace of the payments.
    gitRepository('payments', 'shop-in-payments', urls.shop, { ref: { branch: 'main' } }),
    kustomization('payments', 'shop-in-payments', 'shop-in-payments', './deploy/jobs'),
    // Another repository altogether.
    gitRepository('payments', 'payments', urls.payments, { ref: { branch: 'main' } }),
    kustomization('payments', 'payments', 'payments', './deploy'),
    // Somebody points the same namespace at a branch that the policy knows nothing of: matched and denied.
    gitRepository('payments', 'payments-hotfix', urls.payments, { ref: { branch: HOTFIX } }),
    // What people review in Gerrit.
    gitRepository('menu', 'menu', urls.menu, { ref: { branch: 'main' } }),
    kustomization('menu', 'menu', 'menu', './deploy'),
  ];
}

function gitRepository(namespace: string, name: string, url: string, spec: object): object {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { namespace, name },
    spec: { interval: '30m', timeout: '1m', url, ...spec },
  };
}

function kustomization(namespace: string, name: string, source: string, path: string, more: object = {}): object {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { namespace, name },
    spec: {
      interval: '30m',
      retryInterval: '1m',
      path,
      prune: true,
      serviceAccountName: 'deployer',
      targetNamespace: namespace,
      sourceRef: { kind: 'GitRepository', name: source },
      ...more,
    },
  };
}
