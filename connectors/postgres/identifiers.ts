/** Names in SQL. */

/** `a"b` as `"a""b"`. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** `sales.orders` as `"sales"."orders"`. */
export function quotedTable(table: string): string {
  return table.split('.').map(quoted).join('.')
}
