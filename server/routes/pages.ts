import { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { documentOf, type Page } from '#web/layout.ts';
import { changeContent, changePage } from '#web/change-page.ts';
import { changesContent, changesPage } from '#web/changes-page.ts';
import { deliveriesContent, deliveriesPage } from '#web/deliveries-page.ts';
import { deliveryContent, deliveryPage } from '#web/delivery-page.ts';
import type { Html } from '#web/html.ts';
import { changePath, deliveryPath } from '#web/names.ts';
import { loginErrorPage, loginPage, noticePage } from '#web/notice-page.ts';
import { overviewContent, overviewPage } from '#web/overview-page.ts';
import { searchPage } from '#web/search-page.ts';
import { whatIfPage } from '#web/what-if-page.ts';
import type { Announcement } from '#core/announcements.ts';
import { errorCodes } from '#core/error-codes.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { findByName } from '#server/find-by-name.ts';
import { streamFragment, type FragmentDeps } from '#server/fragment-stream.ts';
import { requireReader } from '#server/middleware/require-reader.ts';
import { redirect, sendPage } from '#server/page-answer.ts';
import {
  changesView,
  changeView,
  deliveriesView,
  deliveryView,
  idsOf,
  overviewView,
  type ListQuery,
  type ViewDeps,
} from '#server/page-views.ts';
import { explainSchemaFor } from '#server/explain-body.ts';
import { toShown } from '#server/problem.ts';
import { readerOf, viewerAt, type ReaderDeps } from '#server/readers.ts';
import { parseQuery, parseRequest } from '#server/query.ts';
import { assetsRoutes } from '#server/routes/assets.ts';
import { changes } from '#server/routes/changes.ts';
import { deliveries } from '#server/routes/deliveries.ts';
import type { ExplainDeps } from '#server/routes/explain.ts';
import type { Listed } from '#server/routes/listing.ts';
import { issuerLoginsRoutes, type IssuerLoginsDeps } from '#server/routes/issuer-logins.ts';
import { loginRoute, type LoginDeps } from '#server/routes/logins.ts';
import { policyPagesRoutes } from '#server/routes/policy-pages.ts';
import type { PolicyViewDeps } from '#server/policy-views.ts';
import { returnPath } from '#server/logins/return-path.ts';

export interface PagesDeps
  extends ViewDeps,
    Omit<PolicyViewDeps, 'journal'>,
    FragmentDeps,
    ReaderDeps,
    ExplainDeps,
    Omit<IssuerLoginsDeps, 'sessions'> {
  readonly journal: ViewDeps['journal'] & PolicyViewDeps['journal'];
  readonly sessions: IssuerLoginsDeps['sessions'] & LoginDeps['sessions'];
}

/** The pages: they read and change nothing. With `?watch=1` a page sends its changing part as server-sent events. */
export function pagesRoutes(deps: PagesDeps): Router {
  const { journal, clock } = deps;
  const guard = requireReader(deps);
  const show = <V>(request: Request, response: Response, shown: Shown<V>): Promise<void> => answer(deps, request, response, shown);
  return Router({ caseSensitive: true, strict: true })
    .use(assetsRoutes())
    .use(loginRoute(deps))
    .use(issuerLoginsRoutes(deps))
    .get('/', guard, async (request, response) => {
      parseQuery(request, Watch);
      await show(request, response, { view: () => overviewView(deps), page: overviewPage, content: overviewContent, concerns: () => true });
    })
    .get('/deliveries', guard, async (request, response) => {
      const asked = listQuery(request, deliveries(journal, clock).filters);
      const view = () => deliveriesView(deps, asked);
      await show(request, response, {
        view,
        page: deliveriesPage,
        content: deliveriesContent,
        concerns: ({ kind }) => kind === 'delivery',
      });
    })
    .get('/deliveries/:id', guard, async (request, response) => {
      parseQuery(request, Watch);
      const id = idOf(request);
      const view = () => deliveryView(deps, id);
      const concerns: Shown<Awaited<ReturnType<typeof view>>>['concerns'] = (announced, { stories, replays }) =>
        announced.id === id ||
        replays.some((replay) => replay.id === announced.id) ||
        stories.some((story) => idsOf(story).includes(announced.id));
      await show(request, response, { view, page: deliveryPage, content: deliveryContent, concerns });
    })
    .get('/changes', guard, async (request, response) => {
      const asked = listQuery(request, changes(journal, clock).filters);
      const view = () => changesView(deps, asked);
      await show(request, response, { view, page: changesPage, content: changesContent, concerns: () => true });
    })
    .get('/changes/:id', guard, async (request, response) => {
      parseQuery(request, Watch);
      await show(request, response, {
        view: () => changeView(deps, idOf(request)),
        page: changePage,
        content: changeContent,
        concerns: ({ id }, { story }) => idsOf(story).includes(id),
      });
    })
    .use(policyPagesRoutes(deps, guard))
    .get('/what-if', guard, (request, response) => whatIf(deps, request, response))
    .get('/search', guard, (request, response) => search(deps, request, response))
    .get('/*path', function unknownPage(request, response, next) {
      if (request.path.startsWith('/v1/')) return next();
      guard(request, response, () => next(new HeadgateError('NOT_FOUND', 'nothing is served at this address')));
    })
    .use(function pageFailed(thrown: unknown, request: Request, response: Response, next: NextFunction) {
      if (response.headersSent || request.path.startsWith('/v1/')) return next(thrown);
      const error = toShown(thrown);
      if (error.code === 'INTERNAL') deps.log.error('page failed by a defect', { error: error.cause });
      sendPage(response, error.status, documentOf(errorPage(deps, request, error), viewerAt(deps, request)));
    });
}

/** One page: how its data is read, and how they are shown. */
interface Shown<V> {
  view(): Promise<V>;
  page(view: V): Page;
  content(view: V): Html;
  /** Whether an announcement may change what is shown. @param view what was shown last */
  concerns(announced: Announcement, view: V): boolean;
}

function idOf({ params }: Request): string {
  return String(params['id']);
}

const Watch = z.strictObject({ watch: z.literal('1').exactOptional() });

async function answer<V>(deps: PagesDeps, request: Request, response: Response, shown: Shown<V>): Promise<void> {
  let view = await shown.view();
  if (!new URLSearchParams(request.url.split('?')[1]).has('watch') || request.method === 'HEAD') {
    return sendPage(response, 200, documentOf(shown.page(view), viewerAt(deps, request)));
  }
  streamFragment(deps, response, {
    allowed: () => readerOf(deps, request) !== undefined,
    concerns: (announced) => shown.concerns(announced, view),
    render: async () => {
      view = await shown.view();
      return shown.content(view).toString();
    },
  });
}

/** A form sends what was left empty too: it asks for nothing. */
function filledIn(request: Request): Readonly<Record<string, string>> {
  const given = parseQuery(request, z.record(z.string(), z.string().max(limits.http.filterChars)));
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}

/** Filters from the address. */
function listQuery<T extends { readonly id: string }, F>(request: Request, filters: Listed<T, F>['filters']): ListQuery<F> {
  const { watch: _, ...query } = filledIn(request);
  const { cursor, ...rest } = query;
  const unknown = Object.keys(rest).find((name) => !Object.hasOwn(filters.shape, name));
  if (unknown !== undefined) throw new HeadgateError('REQUEST_INVALID', `unknown filter ${unknown}`);
  return { query, filter: parseRequest(rest, filters), cursor: cursor ?? null };
}

/** A question as a form puts it; what is left empty is not asked for. */
async function whatIf(deps: PagesDeps, request: Request, response: Response): Promise<void> {
  const { explain, sources } = deps;
  const reader = readerOf(deps, request);
  const asker = reader?.by === 'login' ? reader.session.subject : null;
  const query = filledIn(request);
  const isAsked = Object.keys(query).length > 0;
  const answered = isAsked ? await explain(parseRequest(query, explainSchemaFor(query)), asker) : null;
  const page = whatIfPage({ query, sources: [...sources.keys()], answer: answered });
  sendPage(response, 200, documentOf(page, viewerAt(deps, request)));
}

const Search = z.strictObject({ q: z.string().max(limits.http.filterChars).default('') });

/** Leads straight to the one thing that fits, or lists what does. */
async function search(deps: PagesDeps, request: Request, response: Response): Promise<void> {
  const { journal, clock } = deps;
  const query = parseQuery(request, Search).q.trim();
  if (query === '') return redirect(response, '/');
  const { stories, deliveries: found } = await findByName(journal, query);
  const [story] = stories;
  const [delivery] = found;
  if (stories.length + found.length === 1) {
    return redirect(response, story ? changePath(story.change.id) : deliveryPath(delivery?.id ?? ''));
  }
  const page = searchPage({ query, stories, deliveries: found, now: clock.now() });
  sendPage(response, 200, documentOf(page, viewerAt(deps, request)));
}

function errorPage({ logins }: PagesDeps, request: Request, error: HeadgateError): Page {
  if (error.code === 'UNAUTHENTICATED') {
    const returnTo = returnPath(request.method === 'GET' ? request.originalUrl : undefined);
    return loginPage(logins && { issuer: logins.issuer.issuer, returnTo });
  }
  if (loginCodes.has(error.code)) return loginFailedPage(error);
  const titles: Readonly<Record<number, string>> = { 404: 'Not found', 400: 'Not understood', 503: 'Not now' };
  const text = error.code === 'INTERNAL' ? 'Something is broken in Headgate; its log says what.' : `${error.message}.`;
  return noticePage({
    title: titles[error.status] ?? 'Cannot be shown',
    text,
    hint: error.code === 'NOT_FOUND' ? 'Search for it above, or begin at the overview.' : error.hint,
  });
}

const loginCodes: ReadonlySet<string> = new Set([
  ...['LOGIN_UNAVAILABLE', 'LOGIN_EXPIRED', 'LOGIN_FAILED', 'LOGIN_CANCELLED', 'LOGIN_REFUSED', 'LOGIN_TOO_LARGE', 'CROSS_SITE'],
]);

/** Why exactly is for the log alone: whoever probes learns the code and its meaning. */
function loginFailedPage({ code, hint }: HeadgateError): Page {
  return loginErrorPage({ code, meaning: errorCodes[code].meaning, hint });
}
