import { z } from 'zod';
import { TargetRef } from '../schema.ts';

const text = z.string();
const right = z.object({ answer: text, why: text.nullable() });

/** What the command line reads of the answer of `GET /v1/access`. */
export const Access = z.object({
  items: z.array(
    z.object({
      cluster: text,
      namespace: text,
      clusterState: text,
      summary: text,
      covered: z.boolean(),
      mode: text.nullable(),
      enforcement: text.nullable(),
      secondAuthority: text,
      policies: z.array(
        z.object({
          policy: text,
          mode: text,
          changes: z.array(
            z.object({
              rule: text,
              source: text,
              repositories: z.array(text),
              refs: z.array(text),
              confirmed: z.boolean(),
              pushers: text.nullable(),
            }),
          ),
          needs: z.array(text),
        }),
      ),
      targets: z.array(
        z.object({
          target: TargetRef,
          url: text,
          follows: z.object({ source: text, repository: text, ref: text }).nullable(),
          suspended: z.boolean(),
          consumers: z.array(
            z.object({
              object: TargetRef,
              unbounded: z.boolean(),
              remote: z.boolean(),
              serviceAccount: text.nullable(),
              applies: z.array(z.object({ namespace: text, group: text, kind: text })).nullable(),
            }),
          ),
          push: z.object({ verdict: text, reasons: z.array(z.object({ code: text, message: text })) }),
        }),
      ),
      unbounded: z.array(TargetRef),
      sourceRights: z.array(
        z.object({
          source: text,
          rights: z.array(
            z.object({
              account: text,
              name: text,
              person: text.nullable(),
              repository: text,
              ref: text,
              read: right,
              push: right,
              submit: right,
            }),
          ),
          unavailable: text.nullable(),
          left: z.number(),
        }),
      ),
    }),
  ),
});
export type NamespaceAccess = z.infer<typeof Access>['items'][number];
