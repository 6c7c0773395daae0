/**
 * What a statement's WHERE clauses say of one table, for pruning files.
 *
 * Only what must hold for every row of the table that can reach the result: conjuncts that compare one of its columns
 * with constants, in the WHERE clause right above the only place that names the table. DuckDB applies the whole clause
 * again; so a conjunct that is left out costs time, and one too many would cost rows.
 */
import type { ScanPredicate } from '../../../topology/contract/catalog.ts'
import type { Field } from '../../../topology/schema/types.ts'
import { toLiteral } from './literal.ts'
import { type SyntaxNode, walk } from './syntax-tree.ts'
import type { TableReference } from './table-references.ts'

const COMPARISONS: Readonly<Record<string, ScanPredicate['op']>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '!=',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
}

const MIRRORED: Readonly<Record<string, ScanPredicate['op']>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

const DAY_MICROS = 86_400_000_000n

/** `reference` must be the only one to its table. */
export function findPredicates(
  select: SyntaxNode,
  reference: TableReference,
  fields: readonly Field[],
): readonly ScanPredicate[] {
  const scope = findScope(select, reference)
  if (scope === undefined) return []
  const columns = new Columns(reference.node, fields, scope.alone)
  return conjuncts(scope.where)
    .flatMap((conjunct) => toPredicates(conjunct, columns))
    .filter(({ op }) => op !== 'is-null' || !scope.outerJoin)
}

interface Scope {
  readonly where: SyntaxNode
  /** Nothing else stands in the FROM clause, so that unqualified columns are this table's. */
  readonly alone: boolean
  /** Rows may appear that the table does not have, with nulls. */
  readonly outerJoin: boolean
}

/** The SELECT whose FROM clause names the table, if its WHERE clause sees each row of it alone. */
function findScope(select: SyntaxNode, { node }: TableReference): Scope | undefined {
  // Under a column alias list the names are others; a sample is drawn before the WHERE clause.
  if ('column_name_alias' in node || 'sample' in node) return undefined
  for (const candidate of walk(select)) {
    if (candidate.type !== 'SELECT_NODE' || !('where_clause' in candidate) || 'sample' in candidate) continue
    const from = candidate['from_table'] as SyntaxNode
    const joins = joinsTo(from, node)
    if (joins === undefined) continue
    // ASOF and POSITIONAL joins match rows by what else is there: none may be missing.
    if (joins.some((join) => !/^(REGULAR|CROSS|NATURAL)$/.test(String(join['ref_type'])))) return undefined
    if (joins.some((join) => !/^(INNER|LEFT|RIGHT|FULL|OUTER)$/.test(String(join['join_type'])))) return undefined
    return {
      where: candidate['where_clause'] as SyntaxNode,
      alone: joins.length === 0,
      outerJoin: joins.some((join) => join['join_type'] !== 'INNER'),
    }
  }
  return undefined
}

/** The joins between a FROM clause and one of its tables; undefined when the table is not directly in it. */
function joinsTo(from: SyntaxNode, table: SyntaxNode): readonly SyntaxNode[] | undefined {
  if (from === table) return []
  if (from.type !== 'JOIN') return undefined
  const below = joinsTo(from['left'] as SyntaxNode, table) ?? joinsTo(from['right'] as SyntaxNode, table)
  return below === undefined ? undefined : [from, ...below]
}

function conjuncts(expression: SyntaxNode): readonly SyntaxNode[] {
  return expression.type === 'CONJUNCTION_AND'
    ? (expression['children'] as readonly SyntaxNode[]).flatMap(conjuncts)
    : [expression]
}

/** Which expressions are columns of the table. */
class Columns {
  private readonly fields = new Map<string, Field>()
  private readonly qualifiers: readonly string[]
  private readonly alone: boolean

  constructor(table: SyntaxNode, fields: readonly Field[], alone: boolean) {
    for (const field of fields) this.fields.set(field.name.toLowerCase(), field)
    const name = String(table['table_name']).toLowerCase()
    const alias = table['alias'] as string | undefined
    this.qualifiers =
      alias === undefined ? [name, `${String(table['schema_name']).toLowerCase()}.${name}`] : [alias.toLowerCase()]
    this.alone = alone
  }

  fieldOf(expression: SyntaxNode): Field | undefined {
    if (expression.class !== 'COLUMN_REF') return undefined
    const names = (expression['column_names'] as readonly string[]).map((name) => name.toLowerCase())
    const qualifier = names.slice(0, -1).join('.')
    const certain = qualifier === '' ? this.alone : this.qualifiers.includes(qualifier)
    return certain ? this.fields.get(names.at(-1)!) : undefined
  }
}

function toPredicates(expression: SyntaxNode, columns: Columns): readonly ScanPredicate[] {
  if (expression.class === 'COMPARISON') {
    const op = COMPARISONS[expression.type!]
    const left = expression['left'] as SyntaxNode
    const right = expression['right'] as SyntaxNode
    if (op === undefined) return []
    return [...compare(left, op, right, columns), ...compare(right, MIRRORED[op] ?? op, left, columns)]
  }
  if (expression.class === 'BETWEEN') {
    const input = expression['input'] as SyntaxNode
    return [
      ...compare(input, '>=', expression['lower'] as SyntaxNode, columns),
      ...compare(input, '<=', expression['upper'] as SyntaxNode, columns),
    ]
  }
  const [first, ...rest] = (expression['children'] as readonly SyntaxNode[] | undefined) ?? []
  if (first === undefined) return []
  const field = columns.fieldOf(first)
  switch (expression.type) {
    case 'COMPARE_IN':
      return comparison(field, 'in', rest)
    case 'OPERATOR_IS_NULL':
      return comparison(field, 'is-null', [])
    case 'OPERATOR_IS_NOT_NULL':
      return comparison(field, 'not-null', [])
    case 'OPERATOR_NOT':
      return first.type === 'OPERATOR_IS_NULL'
        ? comparison(columns.fieldOf((first['children'] as readonly SyntaxNode[])[0]!), 'not-null', [])
        : []
    default:
      return []
  }
}

function compare(
  left: SyntaxNode,
  op: ScanPredicate['op'],
  right: SyntaxNode,
  columns: Columns,
): readonly ScanPredicate[] {
  const castType = (left['cast_type'] as { readonly id: string } | undefined)?.id
  if (left.class !== 'CAST' || castType !== 'DATE') return comparison(columns.fieldOf(left), op, [right])
  const field = columns.fieldOf(left['child'] as SyntaxNode)
  if (field?.type.kind !== 'timestamp' && field?.type.kind !== 'timestamptz') return []
  const day = toLiteral(right, { ...field, type: { kind: 'date' } })
  return typeof day === 'number' ? dayComparison(field.name, op, BigInt(day) * DAY_MICROS) : []
}

/** A comparison of a timestamp's day, `startMicros` being where the other day begins, as comparisons of the timestamp. */
function dayComparison(field: string, op: ScanPredicate['op'], startMicros: bigint): readonly ScanPredicate[] {
  const endMicros = startMicros + DAY_MICROS
  switch (op) {
    case '=':
      return [
        { field, op: '>=', values: [startMicros] },
        { field, op: '<', values: [endMicros] },
      ]
    case '<':
    case '>=':
      return [{ field, op, values: [startMicros] }]
    case '<=':
      return [{ field, op: '<', values: [endMicros] }]
    case '>':
      return [{ field, op: '>=', values: [endMicros] }]
    default:
      return []
  }
}

function comparison(
  field: Field | undefined,
  op: ScanPredicate['op'],
  operands: readonly SyntaxNode[],
): readonly ScanPredicate[] {
  if (field === undefined) return []
  const { kind } = field.type
  // To DuckDB NaN is the greatest number of all, and bounds leave it out. A uuid's order is not its text's.
  if ((kind === 'float' || kind === 'double') && /^(>|>=|!=)$/.test(op)) return []
  if (kind === 'uuid' && /^(<|<=|>|>=)$/.test(op)) return []
  const values = operands.map((operand) => toLiteral(operand, field))
  return values.every((value) => value !== undefined) ? [{ field: field.name, op, values }] : []
}
