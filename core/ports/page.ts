/** What is asked of a list: at most `limit` items behind `cursor`, which is null for the first page. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
