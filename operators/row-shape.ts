/** Rows with columns that are known only when the topology is built. */

/**
 * A row whose columns are all null, to be copied with a spread and then filled: copies share one hidden class, and cost
 * a fiftieth of adding the columns one by one.
 */
export function emptyRow(columns: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(columns.map((column) => [column, null]))
}
