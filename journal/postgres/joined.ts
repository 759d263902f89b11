/** Columns of one table of a join, under names that tell them from another's: `r."id" AS "reconcile.id"`. */
export function joined(alias: string, prefix: string, columns: readonly string[]): string {
  return columns.map((column) => `${alias}."${column}" AS "${prefix}.${column}"`).join(', ');
}

/** The row of one table of a join; undefined where an outer join found none. */
export function rowOf<R>(row: Readonly<Record<string, unknown>>, prefix: string, columns: readonly string[]): R | undefined {
  const fields = columns.map((column) => [column, row[`${prefix}.${column}`]] as const);
  // What a query selects is what its statement says: types of columns are taken on trust (rows.ts).
  return fields.every(([, value]) => value === null) ? undefined : (Object.fromEntries(fields) as R);
}
