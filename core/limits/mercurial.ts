/** Bounds of hearing and asking Mercurial. */
export const mercurialLimits = {
  /** `.hgtags` and `.hgsigs` of a Mercurial repository. */
  hgTags: {
    /** Of each file: one of 50 000 tags has 3 MB. */
    fileBytes: 4 * 1024 * 1024,
    lines: 100_000,
    /** Of one changeset that are verified. */
    signatures: 16,
    /** Changesets of one range that nobody signed, of which it is looked at whether they hold signatures alone. */
    signings: 16,
    /** Of one branch that are looked at: more than one is a doubt in any case. */
    heads: 4,
    /** Of a line that cannot be read. */
    shownChars: 100,
  },
  /** Reading back from Mercurial, whichever way it is asked. */
  hg: {
    /** Commits of one range that are named, and paths. */
    commits: 5_000,
    files: 100_000,
    /** Of one file, such as `.hgtags`. */
    fileBytes: 16 * 1024 * 1024,
    pathChars: 4_096,
    /** Branches with drafts of topics at their heads whose other heads are looked for. */
    topicBranches: 50,
    titleChars: 255,
  },
  /** The same by hgweb. */
  hgweb: {
    requestTimeout: 20_000,
    /** Everything that one question needs, with its retries. */
    callTimeout: 60_000,
    /** For a whole archive: 100 000 files take hgweb about 20 s. */
    archiveTimeout: 3 * 60_000,
    retry: { attempts: 4, base: 250, cap: 4_000 },
    /** Requests to one source at once, and archives. */
    concurrency: 8,
    archives: 4,
    limited: { otherwise: 10_000, most: 15 * 60_000 },
    /** Of one answer but a file and an archive; 5 000 commits make 2 MB. */
    responseBytes: 32 * 1024 * 1024,
    /** Of hgweb's own words in an error. */
    saidChars: 255,
    /** Open heads of all branches. */
    heads: 10_000,
    /** Of an archive, unpacked. */
    archiveBytes: 1024 * 1024 * 1024,
    /** What changesets hold is remembered of so many, and of so many files altogether. */
    kept: { snapshots: 16, files: 250_000 },
  },
  /** Clones of Mercurial, and the command servers that answer about them. */
  hgClone: {
    /** Of hg: major and minor version. Older ones do not mirror bookmarks. */
    versionLeast: [6, 3],
    /** Command servers of one source, some 40 MB each: of one repository, and of all. */
    serversPerRepository: 2,
    servers: 8,
    /** One that nobody has used for so long is ended. */
    idle: 5 * 60_000,
    startTimeout: 20_000,
    /** For a question to a clone. */
    queryTimeout: 60_000,
    archiveTimeout: 5 * 60_000,
    /** For a pull; the first one is of the whole repository. */
    talkTimeout: 5 * 60_000,
    /** Conversations with the host at once. */
    talks: 4,
    /** Of one answer, and of an archive. */
    outputBytes: 64 * 1024 * 1024,
    archiveBytes: 1024 * 1024 * 1024,
    /** Files that are asked for by name, and all of their names: past that, all of a directory is. */
    named: { files: 1_000, chars: 128 * 1024 },
    /** Of an archive, between hg and whoever reads it. */
    aheadBytes: 1024 * 1024,
    /** Of one frame; a text that is no frame mostly reads as a longer one. */
    frameBytes: 1024 * 1024 * 1024,
    complaintChars: 4_096,
  },
  /** Deliveries of the hook for Mercurial. */
  hgHook: {
    /** Between signing and arriving, clocks that differ included: what Standard Webhooks' own libraries allow. */
    signatureAge: 5 * 60_000,
    /** Of those that one transaction moved, how many are kept with the hint; and of the heads that came, one for each branch. */
    bookmarks: 100,
    heads: 100,
  },
  /** What a look for news says in words that it found. */
  look: { named: 8 },
} as const;
