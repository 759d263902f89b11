import type { FluxObject } from './flux-object.ts';

/** Ready for the present spec: by the condition's own generation, because the object's observedGeneration lags on failure. */
export function isReady({ ready, generation, target }: FluxObject): boolean {
  if (ready?.status !== 'True') return false;
  return ready.generation === generation || (target.kind === 'ExternalArtifact' && ready.generation === 0); // others write those
}

/** A run is under way. A failed run that waits for its retry is not. */
export function isInProgress({ reconciling }: FluxObject): boolean {
  return reconciling?.status === 'True' && reconciling.reason !== 'ProgressingWithRetry';
}

/** The last run on the present spec failed; while the next one is under way, what stands there is old. */
export function isFailing(object: FluxObject): boolean {
  return object.ready?.status === 'False' && object.ready.generation === object.generation && !isInProgress(object);
}

/** Flux has given up until the spec changes. */
export function isStalled({ stalled, generation }: FluxObject): boolean {
  return stalled?.status === 'True' && stalled.generation === generation;
}
