/** Bounds of packing what a repository holds, and of the registries that it is published to. */
export const publishingLimits = {
  /** Files of a commit that are read at once. */
  content: {
    files: 1_000,
    /** Of one file. */
    fileBytes: 1024 * 1024,
    /** Of all of them. */
    bytes: 8 * 1024 * 1024,
    /** Directories within each other. */
    depth: 32,
  },
  /** What is published for Flux. */
  publish: {
    /** Of one attempt, from when its target was leased: shorter than a lease (queue.lease), so that what has lost it moves no tag. Milliseconds. */
    attempt: 50_000,
    /** Publications of one source that are packed and pushed at once. */
    atOnce: 2,
    files: 50_000,
    /** Of one file, and of all of them, unpacked. */
    fileBytes: 16 * 1024 * 1024,
    bytes: 64 * 1024 * 1024,
    /**
     * What was packed last is kept for the next time: of so many paths of one source, files and bytes together. Past so many bytes that came
     * after the whole was read it is read anew.
     */
    kept: { paths: 16, files: 100_000, bytes: 256 * 1024 * 1024, appended: 4 * 1024 * 1024 },
    /** Of a name with its directories, and of each part: more, no file system takes. */
    nameBytes: 4_096,
    partBytes: 255,
    /** Of `Chart.yaml`, and of `.helmignore`: what is read and not only packed. */
    chartBytes: 256 * 1024,
    /** Of a chart, and of its `.helmignore`: each file is compared with each rule. */
    chartFiles: 2_000,
    ignoreRules: 100,
    ruleChars: 255,
  },
  /** Registries that are published to. */
  registry: {
    /** Until one request without content is answered, and one that carries some. */
    requestTimeout: 15_000,
    transferTimeout: 2 * 60_000,
    /** Of one blob or manifest, with everything that is tried again. */
    attempts: 4,
    backOffBase: 250,
    backOffCap: 5_000,
    /** The longest that a registry may ask to be left alone within one publication; past it the publication is tried again later. */
    retryAfterMax: 10_000,
    /** A blob that is larger goes up in pieces of this size; what a registry asks for goes before it, up to the bound. */
    chunkBytes: 8 * 1024 * 1024,
    chunkBytesMax: 64 * 1024 * 1024,
    connections: 4,
    answerBytes: 64 * 1024,
    manifestBytes: 4 * 1024 * 1024,
    /** An answer of a token service, and the token in it: all headers together have 16 KiB elsewhere. */
    tokenBytes: 64 * 1024,
    tokenChars: 14 * 1024,
    challengeChars: 4_096,
    /** How long a token counts whose service does not say ("Token Authentication Specification", expires_in), and how much earlier it is replaced. */
    tokenAge: 60_000,
    tokenSkew: 10_000,
    /** Of what a registry says, in messages. */
    saidChars: 300,
    /** Blobs that are remembered to lie in a repository, so that another one can have them without an upload. */
    blobsKnown: 256,
  },
} as const;
