/** What a pattern is made of: its stages, in their order. */

/**
 * How a record follows the one that was taken before it. `next`: directly. `followedBy`: others may lie between, but none
 * that would do as well. `followedByAny`: whatever lies between, so that each that would do makes a match of its own.
 */
export type Contiguity = 'next' | 'followedBy' | 'followedByAny'

/** Whether a stage takes a record: by what was taken before it, by stage, and by this stage. */
export type StagePredicate = (row: any, matched: any, taken: readonly any[]) => boolean

/** What must not come between two records that are taken. */
export interface Absence {
  readonly name: string
  /** `next`: the first record after. `followedBy`: any, up to and including the one that is taken next. */
  readonly kind: 'next' | 'followedBy'
  readonly predicate: (row: any, matched: any) => boolean
}

export interface StageSpec {
  readonly name: string
  readonly contiguity: Contiguity
  readonly predicate: StagePredicate
  /** What must not come between the stage before and this one. */
  readonly absences: readonly Absence[]
  readonly isOptional: boolean
  /** Whether it is said how often: then its match is a list. */
  readonly isRepeated: boolean
  readonly least: number
  /** +∞ where there is no bound. */
  readonly most: number
  /** How the records of a repeated stage follow each other. */
  readonly inner: Contiguity
}

export interface PatternSpec {
  readonly stages: readonly StageSpec[]
  /** What must not come after the last stage, until time is up. */
  readonly finalAbsences: readonly Absence[]
  readonly withinMs: number | undefined
}
