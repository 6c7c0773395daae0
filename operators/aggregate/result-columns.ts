/** The columns of a row of results: those of the key, then the aggregates. */
import { TopologyError } from '../../topology/errors.ts'
import type { Aggregates } from './combine.ts'

/** @throws {TopologyError} `AGGREGATE_NAME` when there is no aggregate, or one is called as a column of the key. */
export function checkNames(operator: string, names: readonly string[], keyColumns: readonly string[]): void {
  const taken = names.filter((name) => keyColumns.includes(name))
  if (names.length > 0 && taken.length === 0) return
  const what = names.length === 0 ? 'nothing to aggregate' : `"${taken.join('", "')}" is a column of the key already`
  throw new TopologyError('AGGREGATE_NAME', `${operator}(): ${what}`, {
    fix: `Name at least one aggregate${keyColumns.length > 0 ? `, and none of them ${keyColumns.join(' or ')}` : ''}.`,
  })
}

/** What lineage can see: nothing, as soon as a function may read any column. */
export function columnFlow(
  keyFields: readonly string[] | undefined,
  aggregates: Aggregates,
): 'opaque' | Readonly<Record<string, readonly string[]>> {
  if (keyFields === undefined) return 'opaque'
  const flow: Record<string, readonly string[]> = {}
  for (const field of keyFields) flow[field] = [field]
  for (const [name, { reads }] of Object.entries(aggregates)) {
    if (reads === '*') return 'opaque'
    flow[name] = reads
  }
  return flow
}
