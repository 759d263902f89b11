/** Bounds of what one sender or source may take of the intake of deliveries. */
export const intakeLimits = {
  /** Who floods, and how much of the rest is left to others. */
  intake: {
    /**
     * Deliveries of one source, where its `webhook.rate` says nothing: a small part of what one core takes with its disk, also of a slow or busy one, and
     * more than a forge sends. A burst is what a forge sends again after an outage; while it is taken the others are slower.
     */
    rate: { perSecond: 100, burst: 1_000 },
    rateMost: { perSecond: 100_000, burst: 1_000_000 },
    /** Of http.inFlightBytes: what requests to one source may hold, and those of one address. */
    sourceBytes: 48 * 1024 * 1024,
    addressBytes: 16 * 1024 * 1024,
    /** Open connections of one peer; http.maxConnections bounds all of them. */
    peerConnections: 1_024,
    /** Requests of one address that prove nothing: so many at once, and then one after each interval, milliseconds. */
    failures: 50,
    failureInterval: 200,
    /** Addresses (of IPv6: networks of 64 bits) whose failures are counted; those that were heard of longest ago are forgotten. */
    addresses: 10_000,
    /** For so long an address that brought something genuine is read, whatever else comes from it. */
    provenFor: 24 * 60 * 60_000,
    /** So much later a refusal for coming too fast is told: whoever asks again at once is slowed. And how many may wait for that. */
    holdFor: 250,
    held: 1_024,
    /** Lines about refusals: so many at once, and then one after each interval; the others are counted, and told at these moments. */
    lines: 50,
    lineInterval: 200,
    sumInterval: 10_000,
    /** After deliveries were refused the source is looked at, at most so often. */
    lookInterval: 60_000,
    /** `check` tells of a flood for so long. */
    toldFor: 10 * 60_000,
  },
} as const;
