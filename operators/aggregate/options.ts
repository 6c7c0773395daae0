/** Options of aggregates, refused while the topology is built. */
import { TopologyError } from '../../topology/errors.ts'

/** @throws {TopologyError} `AGGREGATE_OPTION` unless `value` is a whole number from `least` to `most`. */
export function wholeNumber(aggregate: string, option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new TopologyError('AGGREGATE_OPTION', `${aggregate}: ${option} can't be ${value}`, {
    fix: `Give a whole number from ${least} to ${most}.`,
    details: { aggregate, option, value },
  })
}
