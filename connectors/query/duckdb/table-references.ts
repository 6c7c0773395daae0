/** Which tables a statement reads, and whether it reads nothing else. */
import { SluiceError } from '../../../topology/errors.ts'
import type { SyntaxNode } from './syntax-tree.ts'

/** One place where a statement names a table. */
export interface TableReference {
  /** `namespace.name` as written. */
  readonly name: string
  /** The BASE_TABLE node. */
  readonly node: SyntaxNode
}

/** Table functions that make rows from their arguments alone. All others could read files or DuckDB's own insides. */
const TABLE_FUNCTIONS = new Set([
  'range',
  'generate_series',
  'unnest',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
])

/**
 * Every reference to a table of the catalog, in the order of the tree; names of common table expressions are none.
 *
 * @throws {SluiceError} `SQL_REFUSED` for a table function that reads anything but its arguments, for SHOW, and for
 *   time travel in the statement.
 */
export function findTableReferences(select: SyntaxNode): readonly TableReference[] {
  const found: TableReference[] = []
  collect(select, new Set(), found)
  return found
}

function collect(value: unknown, commonTables: ReadonlySet<string>, found: TableReference[]): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) collect(item, commonTables, found)
    return
  }
  const node = value as SyntaxNode
  const visible = withCommonTables(node, commonTables)
  switch (node.type) {
    case 'BASE_TABLE': {
      const table = node['table_name'] as string
      const schema = node['schema_name'] as string | undefined
      const catalog = node['catalog_name'] as string | undefined
      if (schema === undefined && visible.has(table.toLowerCase())) break
      if ('at_clause' in node) throw refused('AT (…) is not supported', 'Use the option --at for time travel.')
      found.push({ name: [catalog, schema, table].filter((part) => part !== undefined).join('.'), node })
      break
    }
    case 'TABLE_FUNCTION': {
      const name = String((node['function'] as SyntaxNode)['function_name']).toLowerCase()
      if (TABLE_FUNCTIONS.has(name)) break
      throw refused(
        `the table function ${name} is not allowed`,
        `Read the catalog's tables by name; of table functions, ${[...TABLE_FUNCTIONS].join(', ')} are allowed.`,
      )
    }
    case 'SHOW_REF':
      if ('query' in node) break
      throw refused(
        'SHOW is not supported',
        'List the tables with `runtime tables`; DESCRIBE shows the columns of one.',
      )
  }
  for (const child of Object.values(node)) collect(child, visible, found)
}

/** Names of common table expressions that are visible below `node`: an unqualified one hides a table. */
function withCommonTables(node: SyntaxNode, outer: ReadonlySet<string>): ReadonlySet<string> {
  const own = (node['cte_map'] as { readonly map?: readonly { readonly key: string }[] } | undefined)?.map
  return own === undefined ? outer : new Set([...outer, ...own.map(({ key }) => key.toLowerCase())])
}

function refused(message: string, fix: string): SluiceError {
  return new SluiceError('SQL_REFUSED', message, { fix })
}
