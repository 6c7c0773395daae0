/** Find patterns in a keyed stream. */
import { TopologyError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'
import {
  appendWithSides,
  type ElementOf,
  type KeyedStream,
  type Stream,
  type Transform,
} from '../../topology/stream.ts'
import { keyFieldsOf } from '../key-by.ts'
import { createMatchPattern } from './create-match-pattern.ts'
import type { SkipStrategy } from './matcher.ts'
import { checkPattern, type Pattern } from './pattern.ts'
import type { PatternSpec } from './stages.ts'

export interface MatchPatternOptions {
  /**
   * What becomes of matches that overlap. `noSkip`: all are written. `skipPastLastEvent`: once a match is complete, whatever
   * began up to its last record is given up.
   *
   * @default 'noSkip'
   */
  readonly skip?: SkipStrategy
  /**
   * How many runs, patterns that have begun and not ended, one key may have.
   *
   * @default 10,000
   */
  readonly maxRuns?: number
  /**
   * Names the operator's state, where the default would collide.
   *
   * @default matchPattern(…) with the names of the stages
   */
  readonly name?: string
}

/** What `matchPattern` makes of a stream of `T`. */
export interface PatternOutputs<T, M> {
  /** The matches. */
  readonly out: Stream<M>
  /** What had begun and was not complete when its time was over: the stages so far. */
  readonly timedOut: Stream<Partial<M>>
  /** Records that came after the watermark had passed them. */
  readonly late: Stream<T>
}

/**
 * Finds the records of each key that follow each other as a pattern says; a match has them by the names of its stages.
 *
 * Records are taken in the order of their event times, those of one time as they arrived: they wait until the watermark has
 * passed them. A match is written with the event time of its last record, or, of a pattern that ends with
 * `notFollowedBy`, when its time is over. Matches that one record completes come in the order of their records. What had
 * begun and is not complete `within` the pattern's duration goes to `timedOut` with the event time at which it ended; a run
 * that has been a match already does not. A drain takes all that waits, and ends all that has begun.
 *
 * Keyed state: the records that wait, and the runs, which share the records that they took. Split state: the watermark.
 *
 * Guarantee: each match of the records that are not late goes out once, those of a key in the order in which they are
 * complete, also over crashes and rescales.
 *
 * @throws {TopologyError} `PATTERN` when the pattern matches nothing, or has no bound and needs one: see `within`.
 * @throws {OperatorError} naming the operator, the stage and the record, when a condition throws or returns no boolean; when
 * a key has more than `maxRuns` runs.
 * @example
 * const { out: tested, timedOut, late } = purchases.pipe(
 *   keyBy('user_id'),
 *   matchPattern(
 *     pattern<Row<typeof Purchase>>()
 *       .begin('small', ({ amount }) => amount < 1_00n)
 *       .followedBy('large', ({ amount }, { small }) => amount > 500n * small.amount)
 *       .within(minutes(10)),
 *   ),
 * )
 */
export function matchPattern<S extends KeyedStream<any, any>, M>(
  pattern: Pattern<ElementOf<S>, M>,
  options: MatchPatternOptions = {},
): Transform<S, PatternOutputs<ElementOf<S>, M>> {
  const { spec } = pattern
  const { skip = 'noSkip', maxRuns = 10_000, name } = options
  checkPattern(spec)
  if (!(Number.isSafeInteger(maxRuns) && maxRuns >= 1)) {
    throw new TopologyError('PATTERN', `matchPattern: maxRuns can't be ${maxRuns}`, {
      fix: 'Use a whole number from 1.',
    })
  }
  return (input) =>
    appendWithSides(input, {
      uid: name ?? `matchPattern(${spec.stages.map((stage) => stage.name).join(',')})`,
      kind: 'matchPattern',
      parameters: { by: keyFieldsOf(input, 'matchPattern') ?? 'function', skip, ...describe(spec) },
      behaviour: { type: 'operator', create: (context) => createMatchPattern(context, { spec, skip, maxRuns }) },
      sideOutputs: ['timedOut', 'late'],
      shouldConnect: ['late'],
      columns: { late: 'same' },
      time: 'needs',
      key: 'needs',
      stateful: true,
    })
}

/** Runs in a checkpoint go on by the places of stages, so the plan holds what those depend on. */
function describe({ stages, finalAbsences, withinMs }: PatternSpec): Record<string, Json> {
  return {
    stages: stages.map(({ name, contiguity, isOptional, least, most, inner, absences }) => ({
      name,
      contiguity,
      ...(isOptional && { isOptional }),
      ...(most > 1 && { least, most: Number.isFinite(most) ? most : 'any', inner }),
      ...(absences.length > 0 && { absences: absences.map((each) => `${each.kind} ${each.name}`) }),
    })),
    ...(finalAbsences.length > 0 && { finalAbsences: finalAbsences.map((each) => each.name) }),
    ...(withinMs !== undefined && { withinMs }),
  }
}
