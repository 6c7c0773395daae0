/** The automaton at work: what a record, or the end of its time, does to the runs of a key. */
import { checkBoolean, userFunctionError } from '../../topology/user-function.ts'
import { automatonOf, type Edge } from './edges.ts'
import { comparePaths, Path, type Taken } from './path.ts'
import type { KeyRuns, Run } from './runs.ts'
import type { Absence, PatternSpec } from './stages.ts'

export type SkipStrategy = 'noSkip' | 'skipPastLastEvent'

/** What time has done: runs that are matches now, and runs that will be none. */
export interface Expired {
  readonly matches: readonly Path[]
  readonly timedOut: readonly Path[]
}

export interface Matcher {
  /** Takes a record, later than all before it; returns the matches that it completes. `kept` is changed. */
  take(kept: KeyRuns, row: unknown, timestampMs: number): readonly Path[]
  /** Ends the runs whose time is up at `atMs`. `kept` is changed. */
  expire(kept: KeyRuns, atMs: number): Expired
}

/** `uid` names the operator in errors. */
export function createMatcher(uid: string, spec: PatternSpec, skip: SkipStrategy): Matcher {
  const automaton = automatonOf(spec)
  const { stages } = spec
  const { finalAbsences, withinMs = Number.POSITIVE_INFINITY } = spec

  function takes(stage: number, path: Path | undefined, row: unknown): boolean {
    const { name, predicate } = stages[stage]!
    try {
      return checkBoolean(predicate(row, path?.matched(stages) ?? {}, path?.takenBy(stage) ?? []))
    } catch (error) {
      throw userFunctionError(uid, `the condition of "${name}"`, row, error)
    }
  }

  function isBroken({ kind, name, predicate }: Absence, { path, isFresh }: Run, row: unknown): boolean {
    if (kind === 'next' && !isFresh) return false
    try {
      return checkBoolean(predicate(row, path.matched(stages)))
    } catch (error) {
      throw userFunctionError(uid, `the condition of "${name}"`, row, error)
    }
  }

  /** A run that has just taken a record; complete ones go into `matches`. */
  function extend(before: Path | undefined, stage: number, record: Taken, runs: Run[], matches: Path[]): void {
    const path = new Path(before, stage, record)
    const isFinal = automaton.isFinal(stage, path.count)
    const isAwaiting = isFinal && finalAbsences.length > 0
    if (isFinal && !isAwaiting) matches.push(path)
    const open = automaton.opened(stage, path.count)
    if (open !== 0 || isAwaiting) runs.push({ path, open, isFresh: true, isAwaiting })
  }

  /** Whether the edge stays open once `record` has come by. */
  function follow(edge: Edge, run: Run, record: Taken, runs: Run[], matches: Path[]): boolean {
    if (edge.absences.some((absence) => isBroken(absence, run, record.row))) return false
    const isTaken = takes(edge.stage, run.path, record.row)
    if (isTaken) extend(run.path, edge.stage, record, runs, matches)
    return edge.contiguity === 'followedByAny' || (edge.contiguity === 'followedBy' && !isTaken)
  }

  function pass(run: Run, record: Taken, runs: Run[], matches: Path[]): void {
    const edges = automaton.edges[run.path.stage]!
    let open = 0
    for (let index = 0; index < edges.length; index++) {
      const bit = 1 << index
      if ((run.open & bit) !== 0 && follow(edges[index]!, run, record, runs, matches)) open |= bit
    }
    const isAwaiting = run.isAwaiting && !finalAbsences.some((absence) => isBroken(absence, run, record.row))
    if (open !== 0 || isAwaiting) runs.push({ path: run.path, open, isFresh: false, isAwaiting })
  }

  /** Puts matches in order; what begins before one of them has ended is none, and never will be, where they may not overlap. */
  function settle(kept: KeyRuns, matches: Path[]): readonly Path[] {
    if (matches.length > 1) matches.sort(comparePaths)
    if (skip === 'noSkip' || matches.length === 0) return matches
    const apart: Path[] = []
    let lastId = -1
    for (const match of matches) {
      if (match.first.id <= lastId) continue
      apart.push(match)
      lastId = match.record.id
    }
    kept.runs = kept.runs.filter(({ path }) => path.first.id > lastId)
    return apart
  }

  return {
    take(kept, row, timestampMs) {
      const record: Taken = { id: kept.nextId++, timestampMs, row }
      const runs: Run[] = []
      const matches: Path[] = []
      for (const run of kept.runs) pass(run, record, runs, matches)
      for (const stage of automaton.starts) {
        if (takes(stage, undefined, row)) extend(undefined, stage, record, runs, matches)
      }
      kept.runs = runs
      return settle(kept, matches)
    },
    expire(kept, atMs) {
      const over = kept.runs.filter(({ path }) => path.first.timestampMs + withinMs <= atMs)
      kept.runs = kept.runs.filter(({ path }) => path.first.timestampMs + withinMs > atMs)
      const matches = over.filter(({ isAwaiting }) => isAwaiting).map(({ path }) => path)
      // What was a match already, or had one forbidden to it, has not run out of time.
      const timedOut = over.flatMap(({ path, isAwaiting }) =>
        isAwaiting || automaton.isFinal(path.stage, path.count) ? [] : [path],
      )
      return { matches: settle(kept, matches), timedOut: timedOut.sort(comparePaths) }
    },
  }
}
