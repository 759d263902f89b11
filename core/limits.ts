import { gerritLimits } from './limits/gerrit.ts';
import { githubLimits } from './limits/github.ts';
import { intakeLimits } from './limits/intake.ts';
import { mercurialLimits } from './limits/mercurial.ts';
import { postgresLimits } from './limits/postgres.ts';
import { publishingLimits } from './limits/publishing.ts';
import { redisLimits } from './limits/redis.ts';

/**
 * Every bound of Headgate, in one place. Times in milliseconds, sizes in bytes unless the name says otherwise.
 * Listener bounds follow fluxcd/notification-controller `internal/server/limits.go`, tightened.
 */
export const limits = {
  http: {
    bodyBytes: 3 * 1024 * 1024,
    headerBytes: 16 * 1024,
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    /** Node closes late connections only when it looks; its default looks every 30 s. */
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: 5_000,
    maxConnections: 4_096,
    jsonDepth: 64,
    /** What may wait for its fsync at once; past it 503 with Retry-After. Each delivery counts as so many bytes more than its body. */
    appendBacklogBytes: 64 * 1024 * 1024,
    appendBytes: 2 * 1024,
    retryAfterSeconds: 5,
    /** Bodies between their first byte and their answer; past it 503 with Retry-After. */
    inFlightBytes: 128 * 1024 * 1024,
    /** Read and thrown away of a refused body, so that the sender gets to read why; GitHub sends 25 MB at most. */
    discardBytes: 32 * 1024 * 1024,
    /** Body of an API request. */
    apiBodyBytes: 64 * 1024,
    apiWaitMax: 5 * 60_000,
    cursorChars: 512,
    /** A filter's value in a query. */
    filterChars: 512,
    /** Open `?watch=1` streams. */
    streams: 64,
    streamHeartbeat: 15_000,
    /** What a stream may have unsent, and how many announcements it may be behind, before it is ended. */
    streamBacklogBytes: 1024 * 1024,
    streamBacklog: 1_000,
    /** Between two renderings of a live page. */
    fragmentInterval: 500,
    /** While closing: how often idle connections are looked for. */
    closeInterval: 50,
    /** How often certificate files are looked at. */
    certificateRefresh: 1_000,
  },
  /** The pages. */
  pages: {
    /** Items on one. */
    deliveries: 50,
    changes: 25,
    /** Of one delivery, on its page. */
    replays: 10,
    /** Of one decision. */
    records: 20,
    /** On the overview: changes, reconciles that its charts show, and deliveries that are looked through for each source's last. */
    recent: 8,
    latencies: 60,
    lookedThrough: 500,
  },
  /** Browsers that are let in by a one-time address, or by an issuer. */
  login: {
    codeAge: 60_000,
    /** Codes that nobody has used yet, and open sessions; past the bound the oldest go. */
    codes: 32,
    sessionAge: 12 * 60 * 60_000,
    sessions: 256,
    codeChars: 64,
    /** Cookies of one request that are looked at. */
    cookies: 50,
    scopes: 20,
    /** Entries of `login.allow`. */
    rules: 50,
    /** From being sent to the issuer to coming back. */
    attemptAge: 10 * 60_000,
    /** A session that asks for nothing for so long is over; how often it is noted that it does. */
    idleAge: 2 * 60 * 60_000,
    idleNoted: 5 * 60_000,
    /** A key that seals cookies; it opens them for as long as a session lives after it has been replaced. */
    keyAge: 7 * 24 * 60 * 60_000,
    /** Browsers keep 4096 bytes of a cookie, its name included; and all headers of a request have 16 KiB. */
    cookieChars: 3_800,
    cookieParts: 3,
    /** What a cookie says, unpacked. */
    sealedBytes: 32 * 1024,
    /** Sessions that were logged out and would not be over yet; past that all that were begun before are. */
    endedSessions: 10_000,
    returnChars: 1_024,
    formBytes: 4 * 1024,
    /** The issuer's discovery document is fetched again when it is older. */
    discoveryAge: 60 * 60_000,
  },
  /** Tokens of OpenID Connect issuers. */
  identity: {
    /** Of a token; all headers of a request together have 16 KiB. */
    tokenChars: 14 * 1024,
    /** What a token claims, and how deep it nests: AWS and Keycloak nest three deep. */
    claimsBytes: 10 * 1024,
    claimsDepth: 8,
    kidChars: 256,
    jtiChars: 255,
    subjectChars: 255,
    /** Clocks may differ by so much. */
    skew: 60_000,
    /** From `iat` to `exp`, where the config says nothing, and the most that it may say. */
    lifetime: 15 * 60_000,
    lifetimeMax: 24 * 60 * 60_000,
    /** One request to an issuer. */
    requestTimeout: 5_000,
    /** A discovery document or key set: GitHub's has 5 KiB. */
    documentBytes: 100 * 1024,
    documentDepth: 16,
    keys: 100,
    /** After a failure, and between two looks for a key that is unknown. */
    coolDown: 30_000,
    /** Keys that are older are fetched again meanwhile; much older ones are no longer believed. */
    keysRefresh: 10 * 60_000,
    keysMaxAge: 24 * 60 * 60_000,
    /** How often a file of keys is looked at. */
    fileRefresh: 1_000,
    /** Tokens that have been used for something and have not expired. */
    uses: 10_000,
    /** Of what a token says, in the log. */
    saidChars: 255,
  },
  /** What git objects carry, and the keys that people list. */
  signatures: {
    /** One listed key: an OpenPGP key with many user ids and certifications has some 10,000. */
    keyChars: 256 * 1024,
    keyPackets: 1_000,
    rsaBitsMin: 2_048,
    rsaBitsMax: 16_384,
    /** An armoured signature: one by an RSA key of 16,384 bits has 3,000. */
    signatureChars: 16 * 1024,
    /** Looked at to say that there is more than one. */
    signaturePackets: 10,
    /** A commit or tag without its signature. */
    payloadBytes: 1024 * 1024,
    /** A signer's clock may be ahead by so much. */
    skew: 60_000,
    /** Of why something is not signed. */
    saidChars: 300,
  },
  /** Files of code owners. */
  owners: {
    /** GitHub does not load larger ones. */
    fileBytes: 3 * 1024 * 1024,
    rules: 20_000,
    patternChars: 1_024,
    /** Of one rule. */
    owners: 100,
    /** Longer paths are found to have no owner that could approve. */
    pathChars: 4_096,
    /** Comparing paths with patterns: steps of core/glob.ts that one question may take. */
    steps: 1_500_000,
    /** Lines that are named as wrong. */
    problems: 50,
  },
  hint: {
    deliveryIdChars: 128,
    repositoryChars: 255,
    refChars: 255,
    accountChars: 255,
    /** Longer values of headers that would be kept are left out. */
    headerChars: 255,
  },
  url: {
    chars: 2_048,
  },
  glob: {
    patternChars: 255,
    subjectChars: 1_024,
  },
  config: {
    fileBytes: 1024 * 1024,
    secretBytes: 64 * 1024,
    /** Shorter webhook secrets are refused: they can be guessed offline from one signed delivery. */
    secretMinChars: 16,
    secretRefresh: 1_000,
    policyRefresh: 2_000,
    /** How long the last good policy set may stand in for one that does not load. */
    policyMaxAge: 24 * 60 * 60 * 1_000,
    /** Files of a policy directory. */
    policyFiles: 1_000,
    /** All of them together. */
    policyBytes: 8 * 1024 * 1024,
    /** What aliases of one YAML document may stand for, in values. */
    yamlAliases: 100,
    /** Problems named in one error. */
    problemsShown: 50,
  },
  decision: {
    /** Reasons kept with one decision. */
    reasons: 50,
    /** Commits, pull requests and reviews that one reason or fact names; the others are counted. */
    named: 5,
  },
  /** Of one policy. */
  policy: {
    /** Entries of `reviews`, and of `checks`. */
    rules: 50,
    /** Groups or people that one rule names. */
    names: 100,
    nameChars: 255,
    /** Reviews that one commit can be asked to have. */
    required: 10,
    /** The highest vote that a rule can ask for. */
    vote: 32_767,
  },
  /** Policies that come from a repository. */
  policies: {
    /** How often it is put on record which policies are in force, whatever has changed: retention must leave one such record. */
    again: 24 * 60 * 60 * 1_000,
    /** Between two attempts to read the first policies. */
    retry: 5_000,
    /** Changes whose documents are kept between decision and taking them into force. */
    proposed: 16,
  },
  policyReport: {
    /** How far back it looks where nobody says. */
    since: 7 * 24 * 60 * 60 * 1_000,
    /** Decisions that one report reads, the newest first. */
    decisions: 20_000,
    /** Targets and refs that are named for one reason; all are counted. */
    named: 20,
  },
  policyTest: {
    /** Of one document. */
    cases: 1_000,
  },
  /** Documents about people. */
  people: {
    /** Of an account, subject, user name or claim. */
    textChars: 255,
    /** Of one list in a document. */
    entries: 1_000,
    /** Of a public key in its text form: an OpenPGP key with many certifications is large. */
    keyChars: 256 * 1024,
    /** How long, from when a token was issued, its claims put somebody in a group. */
    claimAge: 60 * 60_000,
    /** How often teams of sources are read, and how long what was read counts. */
    teamRefresh: 5 * 60_000,
    teamAge: 60 * 60_000,
    /** Where it is listed who was seen: how far back by default, how many changes are looked through, and how many are listed. */
    seenSince: 30 * 24 * 60 * 60_000,
    seenChanges: 2_000,
    seenActors: 1_000,
    /** While starting: how long the first reading is waited for. */
    teamsFirst: 5_000,
  },
  /** Expressions of policies, and what they look at. */
  cel: {
    /** Of one expression. */
    bytes: 4 * 1024,
    /** Brackets within brackets. */
    brackets: 12,
    /** Macros (`all`, `exists`, `map`, `filter`) within each other. */
    macroDepth: 2,
    /** Turns that the macros of one expression may take together. */
    turns: 20_000,
    /** Entries of a list or mapping: groups of a token, for example. */
    items: 500,
    /** Nesting of claims. */
    depth: 16,
    claimsBytes: 32 * 1024,
    /** Of a text that `+` makes, and as many bytes. */
    textChars: 32 * 1024,
    /** Of one policy; subjects as well. */
    rules: 50,
    /** Of what the library says about an error, of a claim in a reason, and of a validation's message. */
    saidChars: 200,
  },
  journal: {
    /** Deliveries of one source that are read, matched and decided in one turn. */
    pendingBatch: 200,
    /** For so long a turn keeps requests waiting, milliseconds. */
    turnSlice: 5,
    /** Safety net beside the wake-up calls: how often pending deliveries are looked for. */
    pendingPoll: 1_000,
    /** A delivery whose handling throws this often is `dead`. */
    deliveryAttempts: 8,
    deliveryBackOffBase: 500,
    deliveryBackOffCap: 60_000,
    pageDefault: 50,
    pageMax: 500,
    pruneInterval: 10 * 60 * 1_000,
    /** Rows that one step of retention looks at; appends wait for a step at most. */
    pruneRows: 50,
    /** The chain of records is cut only when this much of it is older than it has to be, milliseconds. */
    chainSlack: 24 * 60 * 60 * 1_000,
    /** Records that one cut takes at most. */
    chainRows: 500,
    /** One commit takes no more than this; the rest waits for the next. */
    batchOperations: 1_024,
    batchBytes: 8 * 1024 * 1024,
    /** Larger bodies are deflated on the thread pool. */
    deflateInline: 64 * 1024,
    /** What a probe of the disk writes. */
    probeBytes: 64 * 1024,
    /** For a probe to be answered, milliseconds; one that takes longer has failed. */
    probeTimeout: 1_000,
    /** An append that has not been answered for longer says that the disk hangs. */
    hangs: 5_000,
    /** Frames (pages of 4 KiB) of the write-ahead log past which it is checkpointed between two batches. */
    walFrames: 4_096,
    /** With this many frames it is checkpointed after `walIdle` without a batch. */
    walIdleFrames: 256,
    walIdle: 100,
    /** Of one change: changes of a review system that came with it, targets of each, reverts of each, and reconciles that are looked through. */
    brought: { changes: 50, targets: 50, reverts: 10, reconciles: 200 },
    /** Newer reconciles of a target that an older one is compared with, the newest ones. */
    newerReconciles: 100,
    /** Reconciles of a target that wait, superseded, for what a newer one comes to; and newer ones that one is compared with. */
    superseded: 500,
    later: 20,
    /** Positions that a filtered list looks at in one go, more as long as that takes less than `spanMs`. */
    spanRows: 2_000,
    spanRowsMax: 64_000,
    spanMs: 4,
    /** Into another kind of journal: what is read and written at once, and what one statement and the time between two may take. */
    moving: { rows: 1_000, bytes: 4 * 1024 * 1024, statement: 10 * 60_000, idle: 2 * 60_000 },
  },
  /** What targets run. */
  applied: {
    /** How long a revision may be applied before a decision allows it, milliseconds: Flux polls, webhooks take their time. */
    patience: 120_000,
    /** How many revisions may wait to be judged, and how many are at one look. */
    waiting: 20_000,
    judgedAtOnce: 500,
    /** Among so many denials of a target, the latest, the one of a revision is looked for. */
    denials: 10,
    /** A cluster that is out of sight for less is no gap, milliseconds. */
    gap: 5_000,
  },
  records: {
    /** How often it is looked whether something is to be put on record, or a checkpoint to be written. */
    poll: 1_000,
    /** Bytes at the end of the file of checkpoints that the last one is looked for in. */
    checkpointTail: 4_096,
    /** How many records those who watch them are told of at one look. */
    announced: 500,
    /** How many texts that name people the writer of records remembers to have kept the names of. */
    personsKnown: 10_000,
    /** After so long a name that is needed again is noted as needed, milliseconds: names go when the last record that needs them does. */
    personRefresh: 24 * 60 * 60 * 1_000,
  },
  /** What is remembered to put a new change into order without reading the journal. */
  readBack: {
    /** For how long a source is asked again that does not show what it has announced, and the shortest and longest step between two tries. */
    lagFor: 30_000,
    lagStep: { least: 250, most: 4_000 },
    /** Of the hints of one ref that are not its head, how many are asked for; the older ones are past in any case. */
    asked: 4,
    /** Different revisions that the targets of one change come from. */
    ranges: 4,
    /** Refs of one source that are confirmed at once. */
    atOnce: 8,
    /** Between two tries while a source is out of reach. */
    backOffBase: 1_000,
    backOffCap: 60_000,
    /** For how long a head that a look has seen is what the source says, and how many of them are held. */
    seenFor: 2_000,
    seen: 256,
    /** Answers about ranges that are remembered for deciding again before acting. */
    remembered: 64,
    /** Of a range, in the record. */
    kept: { firstFiles: 50, pulls: 50, morePulls: 950, checks: 50 },
  },
  /** What is looked at before it is pushed. */
  preflight: {
    /** Of the whole answer, milliseconds: a hook waits for it with the repository locked. */
    deadline: 1_500,
    files: 2_000,
    /** Aliases of one YAML document. */
    aliases: 100,
    findings: 200,
    /** Of one object. */
    misfits: 5,
    /** Secrets that are looked for in one cluster, and how many at once. */
    secrets: 100,
    secretsAtOnce: 8,
    /** Of the schemas of one group and version, and how many of those are kept. */
    schemaBytes: 16 * 1024 * 1024,
    schemaSets: 64,
    /** For how long a cluster's list of schemas is taken for what it is, milliseconds. */
    schemaIndexAge: 60_000,
    /** Directories that are built, and bytes of what one is built to. */
    builds: 16,
    builtBytes: 8 * 1024 * 1024,
  },
  sweep: {
    /** Between two looks at the source's own record of deliveries, and how far back they reach: GitHub keeps three days. */
    recoveryInterval: 60 * 60_000,
    recoveryWindow: 3 * 24 * 60 * 60_000,
    /** The same after it could not be read, and after a gap in a stream. */
    recoveryRetry: 5 * 60_000,
    recoveryAfterGap: 60_000,
    /** Repositories that are asked for at once, and refs of one in one question. */
    atOnce: 8,
    refs: 200,
    /** Refs of one repository that the source refuses to tell of; then it refuses the repository. */
    refused: 3,
    /** Between two looks that something else than the interval asks for; of a source with a stream of events, which gaps ask for. */
    minInterval: 10_000,
    streamInterval: 1_000,
    /** After a gap in a stream: looks follow each other, in growing steps, until two in a row find nothing while the stream has been quiet for so long. */
    gapStep: { least: 1_000, most: 15_000 },
    gapQuiet: 2_000,
    /** So many looks after one gap that the source answered; a stream that is never quiet tells what they would find. */
    gapLooks: 12,
    /** For so long an event may come later than the look that found what it tells. */
    muteGrace: 10_000,
    /** So many of those refs are looked at and named. */
    muteNamed: 5,
    /** After a stream was told that it is mute it is not told so again for a while, which doubles: what the account may not read it never tells. */
    muteBackOff: { least: 5 * 60_000, most: 24 * 60 * 60_000 },
    /** After a start, between two looks whether any cluster has told yet what it contains. */
    knowledgePoll: 250,
  },
  recent: {
    refs: 256,
    /** Earlier changes of a ref that a new one is compared with. */
    changes: 32,
    /** Where none of those says what the ref leads to: how many of the older ones are looked through for it, in pages. */
    furtherPage: 500,
    furtherPages: 20,
  },
  lead: {
    /** How long a process leads without asking again; renewed three times in that. */
    lease: 15_000,
    renew: 5_000,
  },
  queue: {
    concurrency: 16,
    /** Between two patches of one target: a burst of pushes costs at most two patches per second. */
    minInterval: 500,
    lease: 60_000,
    rescan: 5_000,
    /** An API server that has just started refuses everything with 403 until it has read its RBAC rules; longer refusals are meant. */
    refusedRetry: 60_000,
    retryBase: 500,
    retryCap: 10_000,
  },
  kube: {
    requestTimeout: 10_000,
    responseBytes: 64 * 1024 * 1024,
    /** Whose token is it, may they: one question to an API server, with its answer, while somebody waits for ours. */
    reviewTimeout: 5_000,
    reviewBytes: 256 * 1024,
    /** TokenReviews of one cluster under way at once; whoever comes then is told to come again. */
    reviewsAtOnce: 16,
    /** SubjectAccessReviews of one cluster under way at once; the rest wait. */
    accessAtOnce: 16,
    /** How long what a cluster allows is not asked again, and of how many users and objects at most. */
    accessKept: 10_000,
    accessRemembered: 10_000,
    accessReasonChars: 255,
    /** Kinds of objects that are remembered of what one Kustomization has applied, for each namespace. */
    appliedKinds: 256,
    patchConcurrency: 16,
    listPage: 500,
    /** We ask the server to end watches after this; it spreads load and picks up moved servers. */
    watchTimeoutSeconds: 300,
    /** Silence longer than this means a dead watch: the API server sends a bookmark about every minute. */
    watchSilence: 100_000,
    absentKindRetry: 10_000,
    reconnectBase: 250,
    reconnectCap: 15_000,
    eventMessageChars: 1_024,
    /** One object in a watch; etcd refuses requests above 1.5 MiB by default. */
    watchLineBytes: 8 * 1024 * 1024,
    /** Connections to one cluster: its watches, the patches, Events and checks. */
    maxSockets: 64,
    /** Token and certificate files are read again when older than this, as client-go does. */
    credentialRefresh: 60_000,
    /** A patch that lost a write race (409) is sent again this often. */
    conflictRetries: 4,
    /** Values of the reconcile annotation that are remembered for each object, to tell later ones from earlier ones. */
    tokenMemory: 8,
    /** Events on targets that may be under way at once; further ones are dropped, the journal has them. */
    eventsUnderWay: 256,
    /** Objects that are told of one change of policies, by an Event each. The log says how many there were. */
    policyEvents: 100,
    /** Events of one reason on one target: so many at once and then one after each interval, the figures of client-go's spam filter. */
    eventBurst: 25,
    eventInterval: 5 * 60_000,
    /** Targets and reasons whose Events are counted; those that had none for longest are forgotten. */
    eventPaces: 10_000,
  },
  outcome: {
    /** Added to what the objects' own timeouts allow before an attempt is `timed_out`. */
    grace: 60_000,
    minDeadline: 5 * 60_000,
    maxDeadline: 60 * 60_000,
    /** A source that handled our token but still serves an older revision (mirror lag) is asked again. */
    lagRetryBase: 2_000,
    lagRetryCap: 60_000,
    lagRetries: 8,
    messageChars: 2_048,
    /** Attempts of one target that are observed at once; older ones that the source has not reached end `superseded`. */
    attemptsPerTarget: 16,
    /** How often what other processes asked for is looked for, should their announcements be lost. */
    adopt: 10_000,
    /** How often deadlines of what is observed are looked at. */
    tick: 2_000,
  },
  /** Telling sinks. */
  tell: {
    /** Notes that are read at once. */
    batch: 50,
    /** How often they are looked for when nothing announces them. */
    poll: 5_000,
    backOffBase: 1_000,
    backOffCap: 5 * 60_000,
    /** A sink may ask to be left in peace for so long. */
    retryAfterMax: 60 * 60_000,
    /** What a sink that fails could not be told for so long is given up. */
    maxAge: 24 * 60 * 60_000,
    /** Of one request to a sink, answer included. */
    requestTimeout: 10_000,
    answerBytes: 64 * 1024,
    /** Of what a sink answers, in the log; of news in one line; and reasons of a decision. */
    saidChars: 200,
    messageChars: 2_048,
    reasons: 10,
    /** While stopping: how long what is being told is waited for. */
    stop: 5_000,
  },
  explain: {
    /** Files of saved cluster objects, all of them together. */
    inventoryBytes: 128 * 1024 * 1024,
    /** Changed paths that a question may name. */
    paths: 20_000,
  },
  /** `headgate check`. */
  check: {
    /** For each part of it; parts run side by side. */
    timeout: 30_000,
    /** For all requests to one source. */
    source: 15_000,
    /** Clocks that differ more are warned of: GitHub takes JWTs that are dated a minute ahead, Kubernetes none. */
    skew: 30_000,
    /** So long before its end a credential is warned of. */
    expiry: 14 * 24 * 60 * 60_000,
    /** Secrets that are older should be replaced. */
    secretAge: 365 * 24 * 60 * 60_000,
    /** Free space below which a disk is warned of, and below which it is bad. */
    diskLow: 1024 * 1024 * 1024,
    diskFull: 64 * 1024 * 1024,
    /** A write-ahead log that is larger is not being checkpointed. */
    walBytes: 256 * 1024 * 1024,
    /** The oldest minor version of Kubernetes 1.x that Flux 2.7 supports. */
    kubernetesMinor: 32,
    /** The oldest major version of Postgres that is still maintained, and connections that it should have left. */
    postgresMajor: 14,
    postgresConnections: 10,
    /** The oldest version of Redis that BullMQ recommends, major and minor. */
    redisVersion: [6, 2],
    /** For one answer of either. */
    store: 10_000,
    /** For one git process. */
    git: 10_000,
    /** git takes its configuration from the environment since 2.31. */
    gitMinor: 31,
    /** A source's newest deliveries, among which its last webhook is looked for. */
    deliveries: 100,
    /** Repositories of one source that are asked for one by one; of more, the first ones. */
    repositories: 20,
    /** Pairs of impersonated service account and namespace of one cluster; of more, the first ones. */
    impersonated: 20,
    /** For one SSH connection to Gerrit. */
    ssh: 10_000,
    /** Refs of one Gerrit that are asked for one by one. */
    refs: 50,
    /** Groups of one Gerrit that policies name and that are asked for one by one. */
    groups: 20,
    /** Projects of one Gerrit that are counted. */
    projects: 500,
    /** The oldest minor version of Gerrit 3.x that has submit requirements. */
    gerritMinor: 5,
    /** A webhook that has been silent for longer is worth a look. */
    webhookSilence: 7 * 24 * 60 * 60_000,
  },
  replay: {
    /** Deliveries of one request. */
    deliveries: 200,
    /** Of the key that makes a request repeatable. */
    keyChars: 255,
  },
  cli: {
    /** For an answer of the server, beside what `--wait` adds. */
    requestTimeout: 10_000,
    responseBytes: 64 * 1024 * 1024,
    /** `check` warns when something waits longer. */
    oldestWaiting: 5 * 60_000,
    /** How much longer the answer may take to a request to replay: each of them is on disk by then. */
    replayTimeout: 60_000,
    /** What `get` lists at most. */
    items: 10_000,
    /** Between two looks of `--watch`. */
    watchInterval: 1_000,
    /** How long `trace --watch` waits for news of what it was asked about. */
    arrival: 60_000,
    /** Reviews and signatures of one decision that are told; all are on record. */
    counted: 5,
    /** A prefix of a commit may mean several changes; more than this are not told at length. */
    stories: 5,
  },
  /** Reading back with the git binary. */
  git: {
    /** For the list of a repository's refs. */
    listTimeout: 20_000,
    /** For what a mirror lacks; the first time that is the history of the whole repository. */
    fetchTimeout: 5 * 60_000,
    /** For a question to a mirror. */
    localTimeout: 60_000,
    /** Between asking a process to end and ending it. */
    killGrace: 1_000,
    /** Processes at once of each kind (asking the server, working on mirrors), for each source. */
    processes: 4,
    /** Of one answer; a repository with 200 000 refs lists 16 MB. */
    outputBytes: 64 * 1024 * 1024,
    complaintChars: 4_096,
    /** More refs than these are not named to git, all are listed. */
    refsNamed: 64,
    /** All mirrors of a source together. */
    mirrorBytes: 4 * 1024 * 1024 * 1024,
    /** How often the size of a mirror is looked at while it grows. */
    sizeInterval: 500,
    /** A mirror with more packs than these is packed anew. */
    packs: 50,
    /** Refs that such a packing leaves: what the next fetch says that it has. */
    refsKept: 64,
    /** Commits of one range that are named; all are counted. */
    commits: 5_000,
    /** All commits of a range as they are stored, for their signatures. */
    storedBytes: 16 * 1024 * 1024,
    /** Merges of one range that are made again, to see that nobody added anything. */
    merges: 100,
    /** Paths of one range. */
    files: 100_000,
    titleChars: 255,
    pathChars: 4_096,
  },
  sandbox: {
    gitTimeout: 30_000,
    /** For one run of hg, and until `hg serve` listens. */
    hgTimeout: 20_000,
    gitOutputBytes: 64 * 1024 * 1024,
    /** Of one request to the sandbox's git server: what somebody pushes. */
    gitBodyBytes: 64 * 1024 * 1024,
    gitProcesses: 8,
    /** The bounds that GitHub documents for its REST API. */
    rest: {
      pageSize: 30,
      pageMost: 100,
      /** Of a comparison: commits without paging, files in any case (a page of a commit's files, too). */
      comparedCommits: 250,
      /** Of a comparison that is read without git. */
      chain: 100,
      comparedFiles: 300,
      commitFiles: 3_000,
      treeEntries: 100_000,
      requestsPerHour: 5_000,
      /** How long deliveries of webhooks can be listed. */
      hookWindow: 3 * 24 * 60 * 60_000,
      /** Commits that git lists for one comparison. */
      commits: 100_000,
      /** Of a client's own words in an error. */
      echoedChars: 255,
    },
    /** GitHub gives up on a webhook after ten seconds. */
    webhookTimeout: 10_000,
    webhookAnswerBytes: 64 * 1024,
    /** Commits that one push event lists, as GitHub's do. */
    webhookCommits: 2_048,
    /** How often the story of a push is looked at while it happens, and for how long it is followed. */
    storyPoll: 50,
    storyTimeout: 2 * 60_000,
    /** For the server to know the clusters before the first push. */
    syncTimeout: 15_000,
    /** Requests, deliveries and events that the fakes remember. */
    remembered: 10_000,
  },
  metrics: {
    /** Values of the label `namespace`; further ones are counted together. */
    namespaces: 100,
    /** Between two readings of what is costly to read. */
    readInterval: 1_000,
    /** Pending deliveries that are counted by source. */
    pending: 10_000,
  },
  log: {
    textChars: 4_096,
    /** How deep and how wide a field is written. */
    depth: 4,
    items: 20,
  },
  shutdown: {
    /** Between failing readiness and closing the listeners, so that endpoints can drain. */
    drain: 250,
    total: 15_000,
  },
  ...githubLimits,
  ...gerritLimits,
  ...intakeLimits,
  ...mercurialLimits,
  ...postgresLimits,
  ...publishingLimits,
  ...redisLimits,
} as const;
