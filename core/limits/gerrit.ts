/** Bounds of hearing and asking Gerrit. */
export const gerritLimits = {
  /** Evaluating Gerrit's access rules. */
  gerritRights: {
    /** Orders in which sections could be looked at, when regular expressions are among them; of more, nothing is known. */
    orders: 512,
    /** Projects that one inherits from; of more, nothing is known. */
    parents: 32,
    /** Pairs of account and ref of one question; of more, the first accounts. */
    pairs: 100,
    /** For all requests of one question. */
    timeout: 15_000,
  },
  /** Event streams that we listen to (Gerrit: `gerrit stream-events`). */
  eventStream: {
    /** One event; of a longer one nothing is kept. Gerrit sends commit messages in events. */
    lineBytes: 8 * 1024 * 1024,
    /** Of a private key, and of known_hosts. */
    keyBytes: 64 * 1024,
    knownHostsBytes: 4 * 1024 * 1024,
    /** Of what the server says is wrong. */
    complaintBytes: 4 * 1024,
    /** From the first byte until the server has taken the command. */
    openTimeout: 30_000,
    /** A server that does not permit listening says so only after it has taken the command; one that has said nothing for so long permits it. */
    settle: 1_000,
    /** Between asking a connection to close and cutting it. */
    closeGrace: 2_000,
    /** A server that is silent for four of these is dead: the fourth question goes unasked once three have no answer. */
    keepaliveInterval: 15_000,
    keepaliveCount: 3,
    /** A connection that lasted so long, or brought an event, was a good one: after it the back-off begins anew. */
    stableAfter: 30_000,
    /** Back-off when the connection was lost, and when nothing will change before somebody has mended something. */
    retryBase: 500,
    retryCap: 30_000,
    slowRetryBase: 60_000,
    slowRetryCap: 5 * 60_000,
    /** Events that wait for the journal; past either bound they are dropped, and the source is looked at instead. */
    waitingEvents: 20_000,
    waitingBytes: 64 * 1024 * 1024,
    /** Events that are handed over together: the journal commits them at once. To a server elsewhere they go by requests of their own. */
    batch: 1_000,
    requests: 16,
    /** Back-off while the journal is unavailable, and how often an event is handed over that fails otherwise. */
    handBase: 100,
    handCap: 5_000,
    handTries: 5,
  },
  /** The record of Gerrit's plugin events-log. */
  gerritEventsLog: {
    /** Zones lie from 12 hours behind UTC to 14 before it; within a known one, for summer time and clocks. */
    slack: 26 * 60 * 60_000,
    zoneSlack: 2 * 60 * 60_000,
    /** Events are written some seconds after they happened: so much is read twice. */
    overlap: 60_000,
    /** Answers of a few thousand events each, in one go; the rest the next time. */
    pages: 10,
    timeout: 60_000,
  },
  /** Asking Gerrit's REST API. */
  gerritRest: {
    requestTimeout: 10_000,
    /** Everything that one question needs: its pages, what they lead to, and the retries. */
    callTimeout: 60_000,
    attempts: 4,
    retryBase: 250,
    retryCap: 4_000,
    /** Requests to one source at once. */
    concurrency: 8,
    /** Of one answer. */
    responseBytes: 16 * 1024 * 1024,
    redirects: 3,
    /** Where "too often" names no moment. */
    limitedDefault: 10_000,
    limitedMax: 15 * 60_000,
    /** Of Gerrit's own words in an error. */
    saidChars: 255,
    /** Commits of one range whose changes are asked for, in one request, and pages of its answer: Gerrit lists 500 changes on one. */
    commits: 1_000,
    commitsAsked: 20,
    changePages: 4,
    /** Merged changes that are remembered by their commit, and for how long. */
    changesKept: 128,
    changesKeptFor: 5_000,
    /** The groups of accounts. */
    groupsKept: 1_000,
    groupsKeptFor: 60_000,
    /** More branches of a project than these are not asked for one by one; the branches of one page, and pages. */
    branchesAsked: 4,
    branchPage: 1_000,
    branchPages: 20,
    /** Branches that are neither seen nor known to be gone: so many are told of. */
    doubted: 1_000,
    /** For how long no change at all may be found for a commit that was just announced: then somebody pushed it past review. */
    unseenFor: 2_000,
    unseen: 4_096,
  },
  /** Messages on changes of Gerrit. */
  gerritFeedback: {
    /** UTF-16 code units of one message: Gerrit takes no more ("Comment size exceeds limit"). */
    messageChars: 16_384,
    /** Targets of one cluster that a message names, and reasons, remedies and people of each. */
    targets: 40,
    reasons: 5,
    counted: 5,
    /** Of one reason, rule or name. */
    textChars: 400,
    /** Changes that could not be told now, after which the others of the same news wait as well. */
    failures: 2,
    /** Messages that are known to stand there, so that they are not looked for again. */
    remembered: 4_096,
  },
  /** What `gerrit install-webhook` asks of the webhooks plugin: three quarters of a minute of a receiver that is away, and twice that of one that answers 503. */
  gerritWebhook: {
    tries: 10,
    retryInterval: 5_000,
    connectionTimeout: 5_000,
    socketTimeout: 5_000,
  },
} as const;
