import { limits } from '#core/limits.ts';
import { stableId } from '#sandbox/github/account.ts';
import { notFound, ok, type Answer } from '#sandbox/github/rest/answer.ts';
import { param, type Call, type RepositoryCall, type Route } from '#sandbox/github/rest/call.ts';
import { deliveryAnswer, deliveryItem, hookAnswer, hookConfig } from '#sandbox/github/rest/hook-answer.ts';
import { hookPage } from '#sandbox/github/rest/hook-page.ts';
import { HOOK_ID, type HookDelivery, type Webhook } from '#sandbox/github/webhook.ts';

/** Whose webhook the one webhook of this server is shown to be. */
export type HookScope = 'repository' | 'organization' | 'app';

/** A place where the webhook is found: what its paths begin with, and which of its deliveries belong there. */
interface Place<C extends Call> {
  readonly prefix: string;
  readonly webhook: Webhook;
  readonly shown: () => boolean;
  readonly belongs: (call: C, delivery: HookDelivery) => boolean;
}

/** Webhooks and what became of their deliveries (docs.github.com "REST API endpoints for webhooks"). @param settings read at each request */
export function hookRoutes(
  webhook: Webhook,
  settings: { readonly hookScopes: readonly HookScope[] },
): { readonly repository: readonly Route<RepositoryCall>[]; readonly server: readonly Route[] } {
  const at = (scope: HookScope): Pick<Place<Call>, 'webhook' | 'shown'> => ({
    webhook,
    shown: () => webhook.target !== undefined && settings.hookScopes.includes(scope),
  });
  const repository: Place<RepositoryCall> = {
    ...at('repository'),
    prefix: '/hooks',
    belongs: (call, delivery) => delivery.repositoryId === call.repository.id,
  };
  const organization: Place<Call> = {
    ...at('organization'),
    prefix: '/orgs/([^/]+)/hooks',
    belongs: (call, delivery) => delivery.organizationId === stableId(param(call)),
  };
  const app: Place<Call> = { ...at('app'), prefix: '/app/hook', belongs: () => true };
  return {
    repository: [list(repository, (call) => call.repository.api, 'Repository'), ...deliveries(repository, `/${HOOK_ID}`)],
    server: [
      list(organization, (call) => `${call.api}/orgs/${param(call)}`, 'Organization'),
      ...deliveries(organization, `/${HOOK_ID}`),
      { method: 'GET', pattern: /^\/app\/hook\/config$/, answer: () => appConfig(app) },
      ...deliveries(app, ''),
    ],
  };
}

/** The list of webhooks: the one, or none. @param owner URL of whose it is */
function list<C extends Call>({ prefix, webhook, shown }: Place<C>, owner: (call: C) => string, type: string): Route<C> {
  const answer = (call: C): Answer => ok(shown() ? [hookAnswer(webhook, owner(call), type)] : []);
  return { method: 'GET', pattern: new RegExp(`^${prefix}$`), answer };
}

/** `webhook-config`. */
function appConfig({ webhook, shown }: Place<Call>): Answer {
  if (!shown()) throw notFound();
  return ok(hookConfig(webhook));
}

/** @param hook the part of the path that names the webhook */
function deliveries<C extends Call>({ prefix, webhook, shown, belongs }: Place<C>, hook: string): readonly Route<C>[] {
  const visible = (call: C): readonly HookDelivery[] => {
    if (!shown()) throw notFound();
    const since = call.clock.now() - limits.sandbox.rest.hookWindow;
    return webhook.deliveries.filter((delivery) => delivery.at >= since && belongs(call, delivery)).toReversed();
  };
  const one = (call: C): Answer => {
    const found = visible(call).find((delivery) => String(delivery.number) === call.params.at(-1));
    if (found === undefined) throw notFound();
    return ok(deliveryAnswer(found));
  };
  const path = `^${prefix}${hook}/deliveries`;
  return [
    { method: 'GET', pattern: new RegExp(`${path}$`), answer: (call) => hookPage(call.url, visible(call), deliveryItem) },
    { method: 'GET', pattern: new RegExp(`${path}/(\\d+)$`), answer: one },
  ];
}
