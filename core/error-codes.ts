interface ErrorCodeInfo {
  /** HTTP status when it reaches a client. */
  readonly status: number;
  /** What it means, for docs/reference/errors.md. */
  readonly meaning: string;
  /** What to do next. */
  readonly hint: string;
}

/** Stable error codes: never rename one, never reuse one. */
export const errorCodes = {
  // config and start
  CONFIG_UNREADABLE: {
    status: 500,
    meaning: 'The config file cannot be read.',
    hint: 'Run `headgate init` to write one, or name it with --config.',
  },
  CONFIG_INVALID: {
    status: 500,
    meaning: 'The config file does not fit its schema.',
    hint: 'Mend the lines named above; `headgate config validate` checks again.',
  },
  SECRET_UNAVAILABLE: {
    status: 500,
    meaning: 'A referenced secret has no usable value.',
    hint: 'Create the file or variable that the line names; it is read again by itself.',
  },
  POLICY_INVALID: {
    status: 500,
    meaning: 'A policy document does not fit its schema.',
    hint: 'Mend the lines named above; `headgate config validate` checks again.',
  },
  POLICY_TEST_INVALID: {
    status: 500,
    meaning: 'A PolicyTest document cannot be read or does not fit its schema.',
    hint: 'Mend the lines named above; docs/reference/policy-test.md shows every field.',
  },
  POLICY_MISSING: {
    status: 500,
    meaning: 'No policy is loaded, so nothing could ever be allowed.',
    hint: 'Put a GatePolicy document into the directory of spec.policies.path; `headgate init` writes a first one.',
  },
  CHECKPOINTS_UNREADABLE: {
    status: 500,
    meaning: 'The file of signed checkpoints cannot be read.',
    hint: 'Name it with --checkpoints, or check spec.records.checkpoint.file.',
  },
  PORT_BUSY: { status: 500, meaning: 'A listener address is in use.', hint: 'Stop the other process or change spec.listen.' },
  KUBECONFIG_INVALID: {
    status: 500,
    meaning: 'A cluster cannot be configured from its kubeconfig.',
    hint: 'Check spec.clusters[].kubeconfig: the path and the context name.',
  },
  JOURNAL_IN_USE: {
    status: 500,
    meaning: 'Another process has this journal open.',
    hint: 'Stop the other `headgate serve`, or give this one its own spec.journal.sqlite.path.',
  },
  JOURNAL_NEWER: {
    status: 500,
    meaning: 'The journal was written by a newer Headgate.',
    hint: 'Run that version or newer, or restore a backup from before the upgrade.',
  },
  JOURNAL_KEY_OTHER: {
    status: 500,
    meaning: 'Processes that share a journal have different keys by which records refer to people.',
    hint: 'Copy persons.key, which stands beside records.key, from the data directory of a process that runs, and start again.',
  },
  JOURNAL_NOT_EMPTY: {
    status: 500,
    meaning: 'A journal was to be moved to where there is one already.',
    hint: 'Name a database without a journal, or one that no server has used yet. A journal that is not wanted any more: drop its database.',
  },
  JOURNAL_MOVE_FAILED: {
    status: 500,
    meaning: 'A journal could not be moved as a whole, so nothing of it was.',
    hint: 'Put right what the message says and do it again: the journal that was to be moved is as it was.',
  },
  JOURNAL_UNREADABLE: {
    status: 500,
    meaning: 'The journal file cannot be opened.',
    hint: 'Check spec.journal.sqlite.path: a file of Headgate, or none yet, in a directory that this account can write.',
  },
  BACKUP_FAILED: {
    status: 500,
    meaning: 'A backup could not be made; nothing is left of it.',
    hint: 'Look at the place that it goes to (`df -h`, `ls -ld`), and run it as the account that runs the server: `headgate journal backup`.',
  },
  SOURCE_UNREACHABLE: {
    status: 503,
    meaning: 'A source does not answer, or not in a usable way.',
    hint: 'Nothing is lost: it is asked again by itself. `headgate check` tells whether it answers.',
  },
  SOURCE_LIMITED: {
    status: 503,
    meaning: 'A source answers that it was asked too often.',
    hint: 'Nothing is lost: it is asked again when it allows it. Credentials of its own give Headgate a larger allowance.',
  },
  SOURCE_REFUSED: {
    status: 503,
    meaning: 'A source refuses the credentials, or they do not reach the repository.',
    hint: 'Check the credentials under spec.sources[] (`api`, `http`, `git`, `web` or `clone`), and their rights on the repository.',
  },
  SINK_REFUSED: {
    status: 502,
    meaning: 'Somewhere that Headgate tells of outcomes says that it will not take one.',
    hint: 'It is not told of that again. Check the address, the secret and the rights that the log names.',
  },
  SINK_UNREACHABLE: {
    status: 503,
    meaning: 'Somewhere that Headgate tells of outcomes does not answer.',
    hint: 'Nothing is lost: it is told again by itself.',
  },
  SCHEMAS_UNREADABLE: {
    status: 500,
    meaning: 'A file of saved schemas cannot be read.',
    hint: 'Write it again: `kubectl get --raw /openapi/v3/apis/apps/v1 > apis/apps/v1.json` below the directory of `preflight.schemas`.',
  },
  CONTENT_TOO_LARGE: {
    status: 503,
    meaning: 'A directory of a repository holds more than is read of one.',
    hint: 'Name a directory that holds nothing else in `path`, or split what it holds.',
  },
  CONTENT_REFUSED: {
    status: 502,
    meaning: 'What a directory of a repository holds cannot be published for Flux.',
    hint: 'Mend what the message names, or publish another directory. docs/explanation/publishing.md tells what is refused and why.',
  },
  REGISTRY_UNREACHABLE: {
    status: 503,
    meaning: 'A registry that is published to does not answer, or not in a usable way.',
    hint: 'Nothing is lost, and the tag is where it was: it is tried again by itself. The message names the registry.',
  },
  REGISTRY_REFUSED: {
    status: 502,
    meaning: 'A registry refuses what is pushed, or the credentials do not reach the repository.',
    hint: 'Check the entry of the registry under spec.sources[].registries, and the rights of its account to pull and push.',
  },
  SOURCE_LAGGING: {
    status: 503,
    meaning: 'A source announced a change that it does not show yet.',
    hint: 'Nothing is to be done: it is asked again in a moment.',
  },
  INVENTORY_INVALID: {
    status: 500,
    meaning: 'A file of saved cluster objects is not what kubectl prints.',
    hint: 'Save it with `kubectl get gitrepositories,kustomizations,helmreleases -A -o yaml`, with the other Flux kinds that are in use.',
  },
  TARGET_LEASED: {
    status: 409,
    meaning: 'Somebody else works on this target at the moment.',
    hint: 'It is tried again by itself when the lease has been given back or has expired.',
  },
  SSH_UNUSABLE: {
    status: 500,
    meaning: 'The private key or the known_hosts file with which a source is listened to cannot be used.',
    hint: 'Mend the file that the message names (spec.sources[].ssh); it is read again by itself.',
  },
  NOT_LEADING: {
    status: 503,
    meaning: 'Another process has taken the lead, so this one writes nothing as a leader any more.',
    hint: 'Nothing is to be done: the process that leads goes on with it.',
  },
  JOURNAL_UNAVAILABLE: {
    status: 503,
    meaning: 'A delivery could not be made durable, so it was not accepted.',
    hint: 'Send it again after Retry-After. Operator: check disk space and the log.',
  },
  // receiving
  SOURCE_UNKNOWN: {
    status: 404,
    meaning: 'No source of that name is configured.',
    hint: 'Check the last part of the webhook URL against spec.sources[].name.',
  },
  METHOD_NOT_ALLOWED: { status: 405, meaning: 'Only POST is answered here.', hint: 'Send the webhook with POST.' },
  BODY_TOO_LARGE: {
    status: 413,
    meaning: 'The body is larger than the limit.',
    hint: 'Send fewer commits in one push; the revision is still found by polling.',
  },
  BODY_ENCODED: { status: 415, meaning: 'The body carries a content-encoding.', hint: 'Send the body as it is, without compression.' },
  CONTENT_TYPE_UNSUPPORTED: {
    status: 415,
    meaning: 'The content type is not one that this source sends.',
    hint: "Set the webhook's content type to application/json.",
  },
  SIGNATURE_MISSING: {
    status: 401,
    meaning: 'The delivery carries no signature, secret or token that this source checks.',
    hint: "Set the webhook's secret at the forge to the value that spec.sources[].webhook.secrets names.",
  },
  SIGNATURE_INVALID: {
    status: 401,
    meaning: 'The signature does not match the body under any live secret, or the secret shown is none of them.',
    hint: "Set the webhook's secret at the forge to the value that spec.sources[].webhook.secrets names.",
  },
  SENDER_UNKNOWN: {
    status: 403,
    meaning: 'The token is genuine, and its holder is nobody whose deliveries the source takes.',
    hint: "Add an entry with its issuer and its `sub` to spec.sources[].webhook.tokens, or have the sender show the token of the account that is listed there. The server's log names the holder.",
  },
  SIGNATURE_STALE: {
    status: 401,
    meaning: 'The delivery was signed at another time than now.',
    hint: 'Set the clocks of the sender and of this machine: the signature holds for five minutes. A copy of an old delivery is refused so, too.',
  },
  NETWORK_REFUSED: {
    status: 403,
    meaning: 'The delivery comes from an address that this source does not take deliveries from.',
    hint: 'Add the sender to spec.sources[].webhook.networks. Behind a proxy, name the proxy in spec.trustedProxies: until then its address counts.',
  },
  WEBHOOK_UNCONFIGURED: {
    status: 404,
    meaning: 'The source is configured, and takes no webhooks.',
    hint: 'Give it spec.sources[].webhook.secrets, or take the webhook away at the sender.',
  },
  HEADER_INVALID: {
    status: 400,
    meaning: 'A header that this source needs is missing, repeated or malformed.',
    hint: 'Send the request as the forge does: one value for each header.',
  },
  REPOSITORY_FOREIGN: {
    status: 422,
    meaning: 'The delivery names a repository that is none of this source.',
    hint: "Add where the sender says that its repositories lie to spec.sources[].aliases. Mercurial's hook is told that by `repo`, or `base` and `root`, in its section [headgate].",
  },
  PAYLOAD_INVALID: {
    status: 400,
    meaning: 'The body is not the JSON that this event should be.',
    hint: 'Check what is sent; the delivery was signed, so ask the sender.',
  },
  OVERLOADED: {
    status: 503,
    meaning: 'More is under way than the limits allow.',
    hint: 'Send it again after Retry-After. Operator: `headgate_webhook_request_duration_seconds` tells whether storage is slow.',
  },
  DELIVERIES_LIMITED: {
    status: 429,
    meaning: 'More deliveries of this source come than its rate allows.',
    hint: 'Send it again after Retry-After. Operator: `headgate check` tells since when; spec.sources[].webhook.rate sets the rate, and what was refused is found by the sweep where the source can be read back.',
  },
  ADDRESS_LIMITED: {
    status: 429,
    meaning: 'Too many requests from this address have proved nothing: a wrong secret, no such source.',
    hint: 'Mend the secret or the address of the webhook at the sender. Behind a proxy, name the proxy in spec.trustedProxies: until then all its senders have one address.',
  },
  REQUEST_ABORTED: { status: 400, meaning: 'The request ended before its body did.', hint: 'Send it again.' },
  // API
  TOKEN_REVIEW_UNAVAILABLE: {
    status: 503,
    meaning: 'The cluster that would have to say whether the token is good cannot be asked now.',
    hint: 'Ask again. The log names the cluster and what it said; `headgate check` tells whether it answers, and whether it may be asked (create tokenreviews).',
  },
  UNAUTHENTICATED: {
    status: 401,
    meaning: 'No valid bearer token.',
    hint: 'Send `Authorization: Bearer …` with the content of operator.token in the data directory (HEADGATE_TOKEN for the CLI), or with a token of an issuer of spec.identity; the log of the server says what is wrong with it.',
  },
  FORBIDDEN: {
    status: 403,
    meaning: 'The token is good, and does not give this right.',
    hint: 'With a token of an issuer you may ask for reconciles, explain, and see what came of requests of your own. The rest needs the operator token.',
  },
  LOGIN_UNAVAILABLE: {
    status: 503,
    meaning: 'Nobody can log in, because the issuer cannot be asked.',
    hint: 'Try again in a moment; `headgate open` lets you in meanwhile. Operator: `headgate check` says what the issuer answers.',
  },
  LOGIN_EXPIRED: {
    status: 400,
    meaning: 'The browser does not know of this attempt to log in any more: it took too long, was begun elsewhere, or has been used.',
    hint: 'Log in again, with cookies allowed for this address.',
  },
  LOGIN_FAILED: {
    status: 401,
    meaning: 'What came back from the issuer is not believed.',
    hint: 'Log in again. If it stays, the log of the server says why.',
  },
  LOGIN_CANCELLED: {
    status: 403,
    meaning: 'The issuer did not let you in, or you turned back.',
    hint: 'Log in again, or ask whoever runs the issuer for access to this application.',
  },
  LOGIN_REFUSED: {
    status: 403,
    meaning: 'You are logged in at the issuer, and nobody whom `identity.login` lets read.',
    hint: 'Ask whoever runs Headgate to name you, or a group of yours, in spec.identity.login.allow; the log of the server says who you are.',
  },
  LOGIN_TOO_LARGE: {
    status: 403,
    meaning: 'The issuer says more about you than a session can hold.',
    hint: 'Have the issuer put less into its ID tokens: only the groups that concern this application, for example.',
  },
  CROSS_SITE: {
    status: 403,
    meaning: 'A request that changes something did not come from a page of this Headgate.',
    hint: 'Do it from the page itself. A program sends `x-headgate-csrf` with the value of `GET /v1/session`, or a token instead of a session.',
  },
  HOST_REFUSED: {
    status: 403,
    meaning: 'The Host header is not a name of this listener.',
    hint: 'Use the address of spec.listen.web, or add the name to spec.web.hosts.',
  },
  REQUEST_INVALID: {
    status: 400,
    meaning: 'A parameter or body field is missing, unknown or malformed.',
    hint: 'Compare the request with docs/reference/api.md.',
  },
  NOT_FOUND: { status: 404, meaning: 'There is no such thing here.', hint: 'List what there is with `headgate get`.' },
  AMBIGUOUS: { status: 409, meaning: 'The name given fits more than one thing.', hint: 'Give more characters or the full name.' },
  DENIED: {
    status: 403,
    meaning: 'Policy does not allow this.',
    hint: 'See the reasons in the answer; `headgate get policies` lists what is loaded.',
  },
  DELIVERY_PENDING: {
    status: 409,
    meaning: 'The delivery is still under way, so there is nothing to replay.',
    hint: 'Wait for it: `headgate trace` with its id and --watch.',
  },
  DELIVERY_BODY_GONE: {
    status: 410,
    meaning: 'The body of the delivery is no longer kept, so it cannot be read again.',
    hint: 'Send it again from the source, or use `headgate reconcile`. spec.retention.bodies says how long bodies are kept.',
  },
  REPLAY_REFUSED: {
    status: 409,
    meaning: 'A delivery of this kind is not replayed.',
    hint: 'Ask again for what it asked for: `headgate reconcile`.',
  },
  SHUTTING_DOWN: {
    status: 503,
    meaning: 'The server is stopping.',
    hint: 'Send it again: another instance or the restarted one will take it.',
  },
  INTERNAL: { status: 500, meaning: 'A defect in Headgate.', hint: 'Please report it with the log lines around it.' },
  // clusters
  CLUSTER_UNREACHABLE: {
    status: 503,
    meaning: "A cluster's API server does not answer.",
    hint: 'Reconciles are kept and retried; `headgate check` shows the connection.',
  },
  CLUSTER_REFUSED: {
    status: 502,
    meaning: "A cluster's API server refused a request.",
    hint: "Check the RBAC of Headgate's account; `headgate check` lists what is missing.",
  },
  // command line
  USAGE: { status: 500, meaning: 'The command line is not understood.', hint: 'Run the command with --help.' },
  SERVER_UNREACHABLE: {
    status: 500,
    meaning: 'No Headgate server answers at that address.',
    hint: 'Start one with `headgate serve`, or name it with --server.',
  },
  TOOL_MISSING: {
    status: 500,
    meaning: 'A program that this command needs is not installed.',
    hint: 'Install it and run the command again.',
  },
  SANDBOX_DIRECTORY: {
    status: 500,
    meaning: 'The directory for the sandbox holds something else.',
    hint: 'Move its content away, or run the command from another directory.',
  },
} as const satisfies Record<string, ErrorCodeInfo>;

export type ErrorCode = keyof typeof errorCodes;
