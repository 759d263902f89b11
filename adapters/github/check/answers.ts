import { z } from 'zod';

/** `GET /rate_limit`. */
export type RateLimits = z.infer<typeof RateLimits>;
export const RateLimits = z.object({
  resources: z.object({ core: z.object({ limit: z.number(), remaining: z.number(), reset: z.number() }) }),
});

/** `GET /user`. */
export const Account = z.object({ login: z.string() });

/** `GET /app/installations/{installation_id}`. */
export const Installation = z.object({
  app_slug: z.string(),
  account: z.object({ login: z.string() }).nullable(),
  permissions: z.record(z.string(), z.string()),
  suspended_at: z.string().nullable(),
});
export type Installation = z.infer<typeof Installation>;

/** `GET /repos/{owner}/{repo}`. */
export const Repository = z.object({ full_name: z.string(), default_branch: z.string(), owner: z.object({ type: z.string() }) });
export type Repository = z.infer<typeof Repository>;

const hookConfig = z.object({
  url: z.string().optional(),
  content_type: z.string().optional(),
  insecure_ssl: z.union([z.string(), z.number()]).optional(),
});

/** `GET /app/hook/config`. */
export const HookConfig = hookConfig;

const hook = z.object({
  active: z.boolean(),
  events: z.array(z.string()),
  config: hookConfig,
  last_response: z.object({ code: z.number().nullable(), message: z.string().nullable() }).optional(),
});
export type Hook = z.infer<typeof hook>;

/** `GET /repos/{owner}/{repo}/hooks`, `GET /orgs/{org}/hooks`. */
export const Hooks = z.array(hook);
