import { gitRepository } from './flux-objects.ts';

/** A GitRepository that no controller touches: suspended from the start. */
export function idleRepository(namespace: string, name: string, annotations: Readonly<Record<string, string>> = {}): object {
  return {
    ...gitRepository(namespace, name, 'https://git.invalid/org/idle', { suspend: true, ref: { branch: 'main' } }),
    metadata: { namespace, name, annotations },
  };
}
