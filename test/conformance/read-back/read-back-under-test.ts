import type { ReadBack } from '#core/ports/read-back.ts';

/** A source with its ReadBack. The suite makes its own repositories. */
export interface ReadBackUnderTest {
  readonly readBack: ReadBack;
  /**
   * Makes an empty repository that the ReadBack may read.
   * @param name `owner/name`
   * @returns path of the bare git repository behind it: the suite writes into it with git
   */
  createRepository(name: string): Promise<string>;
  /** From now on the source is out of reach, refuses the credentials, or is as it should be. */
  trouble(kind: 'unreachable' | 'refused' | 'none'): Promise<void>;
  stop(): Promise<void>;
}
