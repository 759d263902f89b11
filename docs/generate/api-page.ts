import { limits } from '#core/limits.ts';
import { apiLists } from './api-lists.ts';
import { block, page, table } from './markdown.ts';

export function apiPage(): string {
  return page('HTTP API', [
    '## Webhooks',
    '`POST /hooks/{source}` on `spec.listen.webhook`, where `{source}` is `spec.sources[].name`. The answer comes when the delivery is on stable storage. Sources of `type: gerrit` take their secret at the end of the path, too: `POST /hooks/{source}/{secret}`.',
    table(['Status', 'Meaning'], hookAnswers),
    `Bodies are at most ${limits.http.bodyBytes / 1024 / 1024} MiB and carry no content-encoding.`,
    '## Everything else',
    'Under `/v1` on `spec.listen.web`. Callers send `Authorization: Bearer …` with the content of `operator.token`, which lies in the data directory (that of the journal) and is readable by the owner alone. ' +
      'A token of an issuer of `spec.identity` is good for `POST /v1/reconciles`, `POST /v1/explain`, `POST /v1/preflight` and `GET /v1/changes/{id}` of what its subject asked for ([how to](../how-to/reconcile-from-ci.md)); elsewhere it is answered 403. Browsers in which somebody has logged in send a session instead. ' +
      'With `spec.web.openReading` GET needs no token. Requests whose Host header is neither an address nor `localhost` nor listed in `spec.web.hosts` are refused. ' +
      'Unknown and repeated parameters are refused. Times are RFC 3339 in UTC. Errors are described in [errors.md](errors.md).',
    table(['Method and path', 'Answers'], routes),
    '## Lists',
    'Newest first: `{"items": […], "next": "cursor" | null}`. All but targets and policies take these parameters; targets take `limit` and `cursor`.',
    table(['Parameter', 'Meaning'], paging),
    'Filters, each for an exact value unless said otherwise:',
    table(
      ['List', 'Filters'],
      [
        ...apiLists().map(({ path, filters }) => [`\`${path}\``, filters.map(filterText).join(', ')]),
        ['`targets`', '`cluster`, `namespace`, `kind`'],
      ],
    ),
    '`since` is a moment in RFC 3339 or how long ago, as `30m` or `7d`. `revision` is a prefix of at least four hex digits, ' +
      '`brought` the number of a change of Gerrit that came with it.',
    '## Asking for a reconcile',
    '`POST /v1/reconciles` takes the request through the flow like any change: it is journalled, matched and decided by policy, and what is allowed is carried out.',
    block('json', JSON.stringify({ cluster: 'prod', namespace: 'flux-system', kind: 'Kustomization', name: 'app', force: true }, null, 2)),
    table(['Field', 'Meaning'], requestFields),
    `With \`?wait=60s\` (at most ${limits.http.apiWaitMax / 60_000}m) the answer waits for the outcomes.`,
    table(['Status', 'Meaning'], requestAnswers),
    '## Explaining',
    '`POST /v1/explain` takes one of three questions: a change that is supposed, an event as its source sends it (read without a signature), or a recorded change, which is decided again under what holds now.',
    block(
      'json',
      JSON.stringify({ repository: 'org/app', ref: 'refs/heads/main', revision: '3f2a…', paths: ['deploy/app.yaml'] }, null, 2),
    ),
    block('json', JSON.stringify({ source: 'hub', event: 'push', payload: { ref: 'refs/heads/main' } }, null, 2)),
    block('json', JSON.stringify({ change: 'chg_…' }, null, 2)),
    table(['Field', 'Meaning'], explainFields),
    `Bodies are at most ${limits.http.bodyBytes / 1024 / 1024} MiB. The answer is 200, also when nothing would move, with:`,
    table(['Field', 'Meaning'], explanationFields),
    ...preflighting,
    '## Replaying',
    "`POST /v1/replays` takes recorded deliveries through the flow once more ([how to](../how-to/replay.md)): those that are named, by their id or the sender's, or those that were received within a span of time, oldest first.",
    block('json', JSON.stringify({ deliveries: ['dlv_…'], dryRun: true }, null, 2)),
    block('json', JSON.stringify({ since: '2h', until: '30m', source: 'hub', repository: 'org/app', state: 'dead' }, null, 2)),
    table(['Field', 'Meaning'], replayFields),
    'With a header `Idempotency-Key` each delivery is entered once under that key, however often the request is sent; without one each request enters them anew.',
    table(['Status', 'Meaning'], replayAnswers),
    'The answer has `dryRun` and `items`, one for each delivery, oldest first:',
    table(['Field', 'Meaning'], replayItemFields),
    '## Pages',
    ...pages,
    '## Probes',
    'On `spec.listen.health`: `GET /healthz` answers 200 while the process does; `GET /readyz` answers 200 exactly when a delivery can be stored, 503 otherwise. `?verbose` lists clusters and sources, which do not count.',
    '## Metrics',
    '`GET /metrics` on `spec.listen.metrics`: see [metrics.md](metrics.md).',
  ]);
}

const preflighting: readonly string[] = [
  '## Looking at manifests before they are pushed',
  '`POST /v1/preflight` takes the files that are going to be pushed to a ref ([how to](../how-to/preflight.md)). Asked by a token, or by a hook that signs the body with the secret of the `source` that it names, as it signs deliveries.',
  block(
    'json',
    JSON.stringify(
      { source: 'hg', repository: 'infra', ref: 'branch:default', revision: '3f2a…', files: [{ path: 'apps/pay/web.yaml', text: '…' }] },
      null,
      2,
    ),
  ),
  'The answer is 200 with `verdict` (`pass`, `refuse`), `findings` (each with `code`, `severity` `error`, `warning` or `unknown`, `path`, `line`, `message`), how many `manifests` were looked at, the clusters that they were held `against` (null: the saved schemas), and the `explanation` of what would come of it, as `POST /v1/explain` answers.',
];

const pages: readonly string[] = [
  'HTML for browsers, on the same listener: `/`, `/changes`, `/changes/{id}`, `/deliveries`, `/deliveries/{id}`, `/decisions/{id}`, `/policies`, `/policies/{name}`, `/people`, `/search?q=`, `/what-if`. Lists take `cursor` and the filters of their list above. With `?watch=1` the first five send their changing part as server-sent events (`event: fragment`). Without a session, the token or `spec.web.openReading` the answer is 401.',
  `\`POST /v1/logins\` answers \`{"url": "/login?code=…", "validSeconds": ${limits.login.codeAge / 1_000}}\`: an address, relative to the one that was asked, that opens the pages in a browser once. \`headgate open\` prints it. See [how to use the pages](../how-to/pages.md).`,
  'Where `spec.identity.login` is set, `/login/start?return=/changes` begins a [login](../how-to/log-in.md), the issuer sends browsers back to `/login/callback`, and a form that posts `csrf` to `/logout` ends the session. ' +
    'A session reads everything under `/v1` and may send `POST /v1/reconciles`, `POST /v1/explain` and `POST /v1/preflight`, with `Origin` and the header `x-headgate-csrf`; anything else is answered 403 `CROSS_SITE`.',
];

function filterText({ name, values }: { readonly name: string; readonly values: readonly string[] }): string {
  return values.length === 0 ? `\`${name}\`` : `\`${name}\` (${values.join(', ')})`;
}

const hookAnswers: readonly (readonly string[])[] = [
  ['202', 'Accepted: `{"delivery": "dlv_…"}`.'],
  [
    '200',
    'This delivery id was accepted before; the same answer. Or nothing comes of it, and it is not kept: `{"delivery": null, "ignored": "…"}` (Gerrit: events that move no branch or tag).',
  ],
  ['400, 401, 403, 404, 405, 413, 415', 'Refused: see [errors.md](errors.md).'],
  [
    '429',
    'More comes from this source or this address than is taken ([back-pressure](../explanation/back-pressure.md)); send it again after `Retry-After`.',
  ],
  ['503', 'Could not be stored, or the server is stopping; send it again after `Retry-After`.'],
];

const routes: readonly (readonly string[])[] = [
  ['`GET /v1/deliveries`, `/v1/deliveries/{id}`', "Deliveries; one by Headgate's id or the sender's."],
  [
    '`GET /v1/changes`, `/v1/changes/{id}`',
    'Changes; one with its whole story: delivery, candidates, decisions, reconciles, and `brought`: the changes of a review system with votes (Gerrit) that came with it, since when they run where, and what reverts them. One takes `?wait=60s`: until all of it has ended.',
  ],
  ['`GET /v1/decisions`, `/v1/decisions/{id}`', 'Decisions with their reasons.'],
  ['`GET /v1/reconciles`, `/v1/reconciles/{id}`', 'Reconciles with their steps and the outcome of each consumer.'],
  [
    '`GET /v1/records`, `/v1/records/{id}`',
    'Links of the evidence chain: `id` (the position), `hash`, `record`. Times are text here; what `hash` is over, `headgate audit export` prints. People stand in them as references (`person:…`).',
  ],
  [
    '`DELETE /v1/persons/{reference}`',
    'Erases whom a reference in records means: `{"reference": …, "erased": true}`. The records stay as they are.',
  ],
  ['`POST /v1/reconciles`', 'Asks for a reconcile, see below.'],
  ['`POST /v1/replays`', 'Takes recorded deliveries through the flow once more, see below.'],
  ['`POST /v1/preflight`', 'Says what is wrong with manifests before they are pushed, see below. Nothing comes of it.'],
  ['`POST /v1/explain`', 'Says what would come of a change, see below. Nothing comes of it.'],
  [
    '`GET /v1/targets`, `/v1/targets/{cluster}/{kind}/{namespace}/{name}`',
    'Flux sources of the clusters: what they follow, what moves with them, their latest reconcile.',
  ],
  ['`GET /v1/session`', 'Who has logged in with this browser, since when, and `csrf` for requests that change something.'],
  ['`POST /v1/logins`', 'Makes a one-time address for a browser, see below.'],
  ['`GET /v1/policies`, `/v1/policies/{name}`', 'The policies in force with their hashes.'],
  [
    '`GET /v1/access`',
    'Who may deploy what from where to `namespace` (required), cluster by cluster or to one `cluster`: every policy about it with its rules and what else they need, the objects through which it is written to and what comes of a push to each, what no service account bounds, and whether the cluster is asked as well. Of Gerrit sources also what Gerrit itself lets accounts do with the refs that are followed: `accounts` and `persons` (several, separated by commas), or else whoever the policies name.',
  ],
  [
    '`GET /v1/actors`',
    `Who took part in changes (who pushed, asked, wrote, reviewed, merged), and which person that is by the documents of now: \`source\`, \`unresolved=1\`, \`since\` (default ${limits.people.seenSince / 86_400_000} days ago). Looks through at most ${limits.people.seenChanges} changes, newest first.`,
  ],
  [
    '`GET /v1/policy-report`',
    `What \`enforce\` would have denied where policies are in audit mode: \`since\` (default ${limits.policyReport.since / 86_400_000} days ago), \`policy\`. Reads at most ${limits.policyReport.decisions} decisions, newest first; \`complete\` says whether that was all.`,
  ],
  [
    '`GET /v1/status`',
    'Version, clusters, sources with how their event streams stand, sinks with what they wait for and why, queue, journal.',
  ],
  [
    '`GET /v1/checks`',
    'What `headgate check` shows: asks every cluster and source, or one `source`, so it takes as long as they do. Codes: [findings.md](findings.md).',
  ],
];

const paging: readonly (readonly string[])[] = [
  ['`limit`', `Items on a page, at most ${limits.journal.pageMax}; default ${limits.journal.pageDefault}.`],
  ['`cursor`', '`next` of the page before.'],
  [
    '`watch=1`',
    'Server-sent events: the page, oldest first, then each item again whenever it changes (`event` is the kind, `id` the id, `data` the item).',
  ],
];

const requestFields: readonly (readonly string[])[] = [
  ['`cluster`', '`spec.clusters[].name`; required.'],
  ['`namespace`', 'Of the Flux object; required.'],
  ['`kind`, `name`', 'The object: a source, or a consumer, then its source is meant. Absent: every source that fits.'],
  ['`revision`', 'The full commit id that is expected. Absent: the head of the ref.'],
  ['`force`', '`true` asks Flux even when the target is current.'],
];

const requestAnswers: readonly (readonly string[])[] = [
  ['200', 'All of it has ended: `{"stories": […], "urls": […]}`: the stories as `/v1/changes/{id}` answers them, and their paths there.'],
  ['202', 'Decided and begun; the same shape.'],
  ['403', 'Nothing of it is allowed (`DENIED`), with `reasons`, the ids of the `decisions`, and `urls`.'],
  ['404, 503', 'There is no such object (`NOT_FOUND`), or the cluster has not answered yet (`CLUSTER_UNREACHABLE`).'],
];

const explainFields: readonly (readonly string[])[] = [
  ['`repository`, `ref`', 'Full name, or a URL; full ref.'],
  ['`revision`', 'The full commit id. Absent: whatever the head is.'],
  ['`event`, `payload`', "The source's word for the event, and the JSON of its body."],
  ['`source`', '`spec.sources[].name`. Absent: the source that has the repository.'],
  [
    '`subject`',
    'Whoever would ask for it by a token: `issuer` (its name in the config) and `claims` with `sub` at least. For the operator only: a token asks for itself.',
  ],
  ['`paths`', 'Paths that differ from what the targets have. Absent: whatever declares `headgate.dev/paths` counts as touched.'],
  ['`confirmed`', 'Whether the source confirms it. Absent: as the source is configured.'],
  ['`change`', 'Id of a recorded change.'],
];

const explanationFields: readonly (readonly string[])[] = [
  ['`change`', 'What was asked about; null when it stands for no change. Its `id` is null unless it is recorded.'],
  [
    '`targets`',
    'Every target that it matches: `moves`, the `decision`, `skipped` (why it would not move although it is allowed), `consumers`, `namespaces`.',
  ],
  ['`candidates`', 'Source objects of the same repository that it does not match, with `reason` and `message`.'],
  ['`reason`', 'Why nothing would move; null when something would.'],
  ['`owed`', 'Clusters that have not answered yet: nothing is said about them.'],
  ['`notes`', 'What the answer rests on beside that.'],
];

const replayFields: readonly (readonly string[])[] = [
  ['`deliveries`', `At most ${limits.replay.deliveries} ids, Headgate's or the sender's.`],
  ['`since`, `until`', 'Received at or after, and before. Moments in RFC 3339, or how long ago. `until` may be left out.'],
  [
    '`source`, `repository`, `state`',
    'Of a span of time: only these. `state` is `done`, `ignored` or `dead`. Requests and replays are left out.',
  ],
  ['`dryRun`', '`true`: only say what would come of each by itself.'],
];

const replayAnswers: readonly (readonly string[])[] = [
  ['202', 'Something was entered; what comes of it follows.'],
  ['200', 'Nothing was: a dry run, entered before under the same key, or each has an `error`.'],
  ['400', `Not understood, or a span of time holds more than ${limits.replay.deliveries} deliveries: then none is entered.`],
];

const replayItemFields: readonly (readonly string[])[] = [
  ['`delivery`', 'Its id; what was asked for where nothing has that name.'],
  ['`source`, `repository`, `ref`', 'What it is about, as it is read now.'],
  ['`replay`', 'Id of the delivery that takes it through the flow; null when none was entered.'],
  ['`known`', '`true`: that was entered before, under the same key.'],
  ['`ignored`', 'Why nothing will come of it, as it is read now.'],
  ['`explanation`', 'On a dry run: what would come of it, as `POST /v1/explain` answers.'],
  ['`error`', 'Why it cannot be replayed: `code`, `detail`, `hint`.'],
];
