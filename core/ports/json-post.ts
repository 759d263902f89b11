/** Sends one JSON document to an address of the config. Bounded in time and in what is read of the answer; redirects are not followed. */
export interface JsonPost {
  /**
   * Resolves when it was taken: an answer of 2xx, or one that `taken` says is as good.
   * @throws HeadgateError SINK_REFUSED for what will never be taken: redirects, and 4xx except 408, 409, 425 and 429;
   *   SINK_UNREACHABLE for all else, with `retryAfter` where the answer names one
   */
  (posting: Posting): Promise<void>;
}

export interface Posting {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as signed. */
  readonly body: string;
  readonly taken?: (answer: PostAnswer) => boolean;
}

export interface PostAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly header: (name: string) => string | undefined;
}
