/** What `headgate check` says of a code. */
export interface Explained {
  /** What is looked at. */
  readonly asks: string;
  /** What works all the same, and what does not, where it is not good. */
  readonly without: string;
  /** The command or line that mends it; a finding may know a better one. */
  readonly mend: string;
}
