import { limits } from '#core/limits.ts';
import type { Subject } from '#core/subject.ts';
import { plainValue, type PlainMap } from '#policy/plain-value.ts';

/** The claims of subjects as expressions see them. One subject is decided about for every target that a change matches, so what was made once is kept. */
export class ClaimViews {
  readonly #views = new WeakMap<Subject['claims'], PlainMap | string>();

  /** @returns in words why they are not looked at when they are out of bounds */
  of({ claims }: Pick<Subject, 'claims'>): PlainMap | string {
    const view = this.#views.get(claims) ?? viewOf(claims);
    this.#views.set(claims, view);
    return view;
  }
}

function viewOf(claims: Subject['claims']): PlainMap | string {
  const plain = plainValue(claims);
  if (typeof plain === 'string') return `its claims hold ${plain}`;
  const bytes = Buffer.byteLength(JSON.stringify(claims));
  return bytes > limits.cel.claimsBytes ? `its claims are larger than ${limits.cel.claimsBytes} bytes` : plain;
}
