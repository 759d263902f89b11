import { z } from 'zod';

/** `GET /config/server/version`. */
export const Version = z.string();

/** `GET /accounts/self`. */
export const Self = z.object({ _account_id: z.int(), username: z.string().optional(), name: z.string().optional() });
export type Self = z.output<typeof Self>;

/** `GET /accounts/self/capabilities`: those that the account has. */
export const Capabilities = z.object({
  streamEvents: z.boolean().default(false),
  viewAccess: z.boolean().default(false),
  administrateServer: z.boolean().default(false),
});
export type Capabilities = z.output<typeof Capabilities>;

/** `GET /projects/`, by name. */
export const Projects = z.record(z.string(), z.object({}));

/** `GET /projects/{name}`. */
export const Project = z.object({ state: z.string().default('ACTIVE') });

/** `GET /config/server/webhooks~projects/{name}/remotes/`, by name. Without events all are sent. */
export const Remotes = z.record(
  z.string(),
  z.object({ url: z.string().optional(), events: z.array(z.string()).default([]), ssl_verify: z.boolean().default(false) }),
);
export type Remote = z.output<typeof Remotes>[string];
