/** One rule of one permission: what it says of one group. */
export interface AccessRule {
  /** UUID of the group. */
  readonly group: string;
  readonly action: 'ALLOW' | 'DENY' | 'BLOCK';
  readonly force: boolean;
}

/** What one section of one project says of one permission. */
export interface RuleSection {
  /** 0 = the project itself, 1 = what it inherits from, and so on. */
  readonly depth: number;
  /** Its reference name as written. */
  readonly pattern: string;
  readonly exclusive: boolean;
  readonly rules: readonly AccessRule[];
}
