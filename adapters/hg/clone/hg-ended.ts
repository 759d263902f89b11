/** An hg that did not come to the end of what it was asked, and why: `died` is the one reason for asking again at once. */
export class HgEnded extends Error {
  override readonly name = 'HgEnded';
  readonly why: 'deadline' | 'output' | 'signal' | 'died' | 'protocol';
  /** The last of what it complained about. */
  readonly stderr: string;

  constructor(why: HgEnded['why'], stderr: string) {
    super(`hg: ${why}`);
    this.why = why;
    this.stderr = stderr;
  }
}
