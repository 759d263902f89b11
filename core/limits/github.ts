/** Bounds of asking GitHub. */
export const githubLimits = {
  /** Asking GitHub's API. */
  github: {
    requestTimeout: 10_000,
    /** Everything that one question needs: its pages, what they lead to, and the retries. */
    callTimeout: 60_000,
    attempts: 4,
    retryBase: 250,
    retryCap: 4_000,
    /** Requests to one source at once; GitHub asks for few (docs.github.com "Best practices for using the REST API"). */
    concurrency: 8,
    /** A recursive tree has at most 100,000 entries. */
    responseBytes: 48 * 1024 * 1024,
    redirects: 3,
    /** Answers that are remembered with their ETag, and how large one may be. */
    etags: 512,
    etagBytes: 32 * 1024,
    /** "Wait for at least one minute" where GitHub names no moment. */
    limitedDefault: 60_000,
    limitedMax: 70 * 60_000,
    /** An installation token is replaced so long before its end. */
    tokenMargin: 5 * 60_000,
    /** GitHub takes JWTs of ten minutes at most. */
    jwtSeconds: 9 * 60,
    page: 100,
    /** A comparison lists no more files. */
    comparedFiles: 300,
    commits: 1_000,
    tagPages: 100,
    /** Annotated tags that are looked up one by one; more are listed. */
    tagLookups: 20,
    /** A tag of a tag of a tag. */
    tagDepth: 5,
    /** Commits of a range whose pull requests are asked for one by one. */
    pullLookups: 50,
    pulls: 50,
    /** Pages of one pull request's commits: GitHub lists 250 at most. */
    pullCommitPages: 3,
    reviewPages: 5,
    /** Of one range: how often it is compared what commits and pull requests change, and how many pages of files each of them may have. */
    comparedChanges: 60,
    changePages: 10,
    /** Pages of what happened to one pull request. */
    eventPages: 5,
    /** Whoever approved something in a range and is asked for. */
    reviewers: 30,
    /** Commits of a range with co-authors. */
    coAuthored: 200,
    /** Pages of one webhook's deliveries that are looked through for missed ones, and how long that may take. */
    deliveryPages: 50,
    /** Missed deliveries that are fetched in one go: each is a request, and GitHub takes 5,000 an hour. */
    recovered: 500,
    recoveryTimeout: 5 * 60_000,
    checkPages: 5,
    /** Of one team's members. */
    teamPages: 50,
    /** Renamed repositories that are remembered, so that each is told of once. */
    renamed: 256,
    /** Of a commit status' description, in characters. */
    statusChars: 140,
    /** Of one target: each is a commit status of its own. */
    statusNamespaces: 20,
    /** Commit statuses at once, and between two after that: GitHub bears 80 a minute and 500 an hour. */
    statusBurst: 40,
    statusInterval: 8_000,
    /** Commit statuses that are remembered, so that none is sent twice. */
    statusesRemembered: 2_048,
  },
} as const;
