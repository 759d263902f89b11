import type { z } from 'zod';

/** Reports what a schema cannot say by itself. @param hint what to write instead */
export function addCustom(context: z.core.$RefinementCtx, path: PropertyKey[], message: string, hint: string): void {
  context.addIssue({ code: 'custom', path, message, params: { hint } });
}
