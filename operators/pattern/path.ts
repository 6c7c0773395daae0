/** What a run has taken so far. Paths that begin alike share their beginning, and records are shared by all. */
import type { StageSpec } from './stages.ts'

/** A record that a run has taken. */
export interface Taken {
  /** The place of the record among those of its key. */
  readonly id: number
  readonly timestampMs: number
  readonly row: unknown
}

export class Path {
  readonly before: Path | undefined
  readonly stage: number
  readonly record: Taken
  /** How many records its stage has taken, this one included. */
  readonly count: number
  readonly first: Taken
  private matchedRows: Readonly<Record<string, unknown>> | undefined

  constructor(before: Path | undefined, stage: number, record: Taken) {
    this.before = before
    this.stage = stage
    this.record = record
    this.count = before?.stage === stage ? before.count + 1 : 1
    this.first = before === undefined ? record : before.first
  }

  /** The match as far as it has come: by stage the record, or the list of them where it is repeated. */
  matched(stages: readonly StageSpec[]): Readonly<Record<string, unknown>> {
    this.matchedRows ??= this.collect(stages)
    return this.matchedRows
  }

  /** The rows that `stage` has taken, when it is the last. */
  takenBy(stage: number): readonly unknown[] {
    const rows: unknown[] = []
    for (let path: Path | undefined = this; path?.stage === stage; path = path.before) rows.push(path.record.row)
    return rows.reverse()
  }

  /** From the first. */
  steps(): Path[] {
    const steps: Path[] = []
    for (let path: Path | undefined = this; path !== undefined; path = path.before) steps.push(path)
    return steps.reverse()
  }

  private collect(stages: readonly StageSpec[]): Readonly<Record<string, unknown>> {
    const matched: Record<string, unknown> = {}
    for (const { stage, record } of this.steps()) {
      const { name, isRepeated } = stages[stage]!
      if (isRepeated) matched[name] = [...((matched[name] as unknown[] | undefined) ?? []), record.row]
      else matched[name] = record.row
    }
    return matched
  }
}

/** The order of matches: by their records, from the first, the shorter before the longer; of the same records, by the stages that took them. */
export function comparePaths(a: Path, b: Path): number {
  const [left, right] = [a.steps(), b.steps()]
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const difference = left[index]!.record.id - right[index]!.record.id
    if (difference !== 0) return difference
  }
  if (left.length !== right.length) return left.length - right.length
  for (let index = 0; index < length; index++) {
    const difference = left[index]!.stage - right[index]!.stage
    if (difference !== 0) return difference
  }
  return 0
}
