/** Describe what is to be found in a stream: records that follow each other. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import type { Flat } from '../../topology/stream.ts'
import type { Absence, Contiguity, PatternSpec, StageSpec } from './stages.ts'

declare const matchType: unique symbol

/** A pattern over records of type `T`; `M` is what a match of it is. */
export interface Pattern<in T, out M> {
  readonly spec: PatternSpec
  /** Type only. */
  readonly [matchType]: (row: T) => M
}

/** Whether a stage takes a record, by what the stages before have taken, and by what this one has taken already. */
export type Condition<T, M> = (row: T, matched: M, taken: readonly T[]) => boolean

/** A name that no stage has yet. */
type NewName<M, N> = N extends keyof M ? never : N

/** A pattern that more may be said of. */
export interface Sequence<T, M> extends Pattern<T, M> {
  /** The record directly after. */
  next<const N extends string>(name: NewName<M, N>, condition: Condition<T, M>): Stage<T, M, N, T>
  /** The next record that fulfils the condition; others between are passed over. */
  followedBy<const N extends string>(name: NewName<M, N>, condition: Condition<T, M>): Stage<T, M, N, T>
  /** Any later record that fulfils the condition: each makes a match of its own. */
  followedByAny<const N extends string>(name: NewName<M, N>, condition: Condition<T, M>): Stage<T, M, N, T>
  /** The record directly after must not fulfil the condition. Can't stand last. */
  notNext(name: string, condition: (row: T, matched: M) => boolean): Sequence<T, M>
  /**
   * No record may fulfil the condition until the next stage has taken its record, nor that record itself. As the last
   * of a pattern: until `within` is over, and the match is complete then.
   */
  notFollowedBy(name: string, condition: (row: T, matched: M) => boolean): Sequence<T, M>
  /** How long after its first record the last one of a match may come, exclusive. */
  within(duration: DurationMs): Pattern<T, M>
}

/** A pattern whose last stage `N`, with a match of type `V`, more may be said of. */
export interface Stage<T, B, N extends string, V> extends Sequence<T, Flat<B & { readonly [K in N]: V }>> {
  /** Takes so many records, passing over others between as `followedBy` does: each number of them that is possible. */
  times(count: number): Repeated<T, B, N>
  times(least: number, most: number): Repeated<T, B, N>
  /** Takes one record or more. */
  oneOrMore(): Repeated<T, B, N>
  /** Matches without this stage too. */
  optional(): Sequence<T, Flat<B & { readonly [K in N]: V | undefined }>>
}

/** A stage that takes several records. */
export interface Repeated<T, B, N extends string> extends Sequence<T, Flat<B & { readonly [K in N]: readonly T[] }>> {
  /** Its records follow each other directly. */
  consecutive(): Repeated<T, B, N>
  /** Any of the records that fulfil the condition: every choice of them makes a match. */
  allowCombinations(): Repeated<T, B, N>
  /** Matches without this stage too. */
  optional(): Sequence<T, Flat<B & { readonly [K in N]: readonly T[] | undefined }>>
}

/** Where a pattern begins. */
export interface PatternStart<T> {
  /** The first record: any that fulfils the condition. */
  begin<const N extends string>(
    name: N,
    condition: (row: T, matched: unknown, taken: readonly T[]) => boolean,
  ): Stage<T, unknown, N, T>
}

/**
 * A pattern over the records of one key, in the order of their event times: stages with names, each with a condition. Names
 * and meanings are those of Flink's CEP library.
 *
 * @throws {TopologyError} `PATTERN` when two stages have one name, a number of times can't be, or nothing must match.
 * @example
 * const bounce = pattern<Row<typeof Purchase>>()
 *   .begin('high', ({ amount }) => amount > 100_00n)
 *   .followedBy('lower', ({ amount }, { high }) => amount < high.amount)
 *   .times(2, 5)
 *   .notNext('refund', ({ action }) => action === 'refund')
 *   .next('higher', ({ amount }, { high }) => amount > high.amount)
 *   .within(hours(1))
 */
export function pattern<T>(): PatternStart<T> {
  return {
    begin: (name, condition) =>
      new PatternBuilder({
        stages: [stageOf(name, 'followedByAny', condition, [])],
        finalAbsences: [],
        withinMs: undefined,
      }) as never,
  }
}

/** All of the interfaces above: they say what makes sense when. */
class PatternBuilder {
  readonly spec: PatternSpec

  constructor(spec: PatternSpec) {
    this.spec = spec
  }

  next(name: string, condition: StageSpec['predicate']): PatternBuilder {
    return this.add(name, 'next', condition)
  }

  followedBy(name: string, condition: StageSpec['predicate']): PatternBuilder {
    return this.add(name, 'followedBy', condition)
  }

  followedByAny(name: string, condition: StageSpec['predicate']): PatternBuilder {
    return this.add(name, 'followedByAny', condition)
  }

  notNext(name: string, predicate: Absence['predicate']): PatternBuilder {
    return this.absent({ name, kind: 'next', predicate })
  }

  notFollowedBy(name: string, predicate: Absence['predicate']): PatternBuilder {
    return this.absent({ name, kind: 'followedBy', predicate })
  }

  times(least: number, most = least): PatternBuilder {
    const isRange = Number.isSafeInteger(least) && Number.isSafeInteger(most) && 1 <= least && least <= most
    if (!isRange)
      throw invalid(`a stage can't take ${least} to ${most} records`, 'Use whole numbers from 1, the lesser one first.')
    return this.change({ isRepeated: true, least, most })
  }

  oneOrMore(): PatternBuilder {
    return this.change({ isRepeated: true, least: 1, most: Number.POSITIVE_INFINITY })
  }

  consecutive(): PatternBuilder {
    return this.change({ inner: 'next' })
  }

  allowCombinations(): PatternBuilder {
    return this.change({ inner: 'followedByAny' })
  }

  optional(): PatternBuilder {
    return this.change({ isOptional: true })
  }

  within(duration: DurationMs): PatternBuilder {
    if (!(Number.isSafeInteger(duration) && duration > 0)) {
      throw invalid(`within can't be ${duration} ms`, 'Use a duration above 0, as in within(minutes(5)).')
    }
    return new PatternBuilder({ ...this.spec, withinMs: duration })
  }

  private add(name: string, contiguity: Contiguity, condition: StageSpec['predicate']): PatternBuilder {
    const { stages, finalAbsences } = this.spec
    if (stages.some((stage) => stage.name === name)) {
      throw invalid(
        `two stages are called "${name}"`,
        'Give each stage a name of its own: matches have a field for each.',
      )
    }
    const added = stageOf(name, contiguity, condition, finalAbsences)
    return new PatternBuilder({ ...this.spec, stages: [...stages, added], finalAbsences: [] })
  }

  private absent(absence: Absence): PatternBuilder {
    return new PatternBuilder({ ...this.spec, finalAbsences: [...this.spec.finalAbsences, absence] })
  }

  private change(change: Partial<StageSpec>): PatternBuilder {
    const { stages } = this.spec
    return new PatternBuilder({ ...this.spec, stages: stages.with(-1, { ...stages.at(-1)!, ...change }) })
  }
}

function stageOf(
  name: string,
  contiguity: Contiguity,
  predicate: StageSpec['predicate'],
  absences: readonly Absence[],
): StageSpec {
  return {
    name,
    contiguity,
    predicate,
    absences,
    isOptional: false,
    isRepeated: false,
    least: 1,
    most: 1,
    inner: 'followedBy',
  }
}

/** How many stages a pattern may have: a run has a bit for each that may come next. */
const MOST_STAGES = 30

/** @throws {TopologyError} `PATTERN` when it would match nothing, or could only be kept without bounds. */
export function checkPattern({ stages, finalAbsences, withinMs }: PatternSpec): void {
  if (stages.every((stage) => stage.isOptional)) {
    throw invalid('every stage is optional, so it matches nothing at all', 'Let at least one stage be there.')
  }
  if (stages.length > MOST_STAGES) throw invalid(`it has ${stages.length} stages`, `Use ${MOST_STAGES} at most.`)
  const last = finalAbsences[0]
  if (finalAbsences.some(({ kind }) => kind === 'next')) {
    throw invalid(
      `it ends with notNext("${last!.name}")`,
      'Put a stage behind it, or use notFollowedBy() and within().',
    )
  }
  if (withinMs !== undefined) return
  if (last !== undefined) {
    throw invalid(`it ends with notFollowedBy("${last.name}")`, 'Add within(…): it is then that nothing has followed.')
  }
  const waits = stages.find(
    (stage, index) =>
      (index > 0 && stage.contiguity !== 'next') ||
      stage.most === Number.POSITIVE_INFINITY ||
      (stage.most > 1 && stage.inner !== 'next'),
  )
  if (waits !== undefined) {
    throw invalid(`it would wait for "${waits.name}" for ever`, 'Add within(…), so that what has begun ends some time.')
  }
}

function invalid(problem: string, fix: string): TopologyError {
  return new TopologyError('PATTERN', `pattern: ${problem}`, { fix })
}
