/**
 * What the second authority of a target's cluster says: the cluster's own authorizer, asked whether somebody may `reconcile` the target.
 * `off`: the cluster has none. `nobody`: nobody verified stands behind the change, and the config says what comes of that. `asked`: it
 * was asked about that user. `unmapped`: no user of the cluster can be made of the subject. `unavailable`: it could not be asked.
 */
export type Access =
  | { readonly answer: 'off' }
  | { readonly answer: 'nobody'; readonly allowed: boolean }
  | { readonly answer: 'asked'; readonly allowed: boolean; readonly user: string; readonly reason: string | null }
  | { readonly answer: 'unmapped'; readonly why: string }
  /** `passing`: worth asking again by itself. */
  | { readonly answer: 'unavailable'; readonly why: string; readonly passing: boolean };

/** Of a cluster without a second authority. */
export const accessOff: Access = { answer: 'off' };

/** Of a cluster that would have to be asked, and was not. */
export const accessUnasked: Access = { answer: 'unavailable', why: 'the cluster was not asked', passing: false };
