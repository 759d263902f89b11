/** Why a run of kustomize-controller ended early, as its Ready condition will say. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
  /** Of the Ready condition. */
  readonly reason: string;
  /** Milliseconds until the next try; undefined = the object's own retry interval. */
  readonly retryIn: number | undefined;

  constructor(reason: string, message: string, retryIn: number | undefined) {
    super(message);
    this.reason = reason;
    this.retryIn = retryIn;
  }
}
