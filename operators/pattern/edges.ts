/** Where a run of a pattern may go on: the automaton, made of its stages. */
import type { Absence, Contiguity, PatternSpec, StageSpec } from './stages.ts'

/** One way on: the stage that takes the next record, and what must not come before. */
export interface Edge {
  readonly stage: number
  readonly contiguity: Contiguity
  readonly absences: readonly Absence[]
}

export interface Automaton {
  readonly stages: readonly StageSpec[]
  /** Where a run may begin. */
  readonly starts: readonly number[]
  /** By stage: the edge to itself, and then those to others. A run has a bit for each that is still open. */
  readonly edges: readonly (readonly Edge[])[]
  /** The bits of the edges that are open once a stage has taken so many records. */
  opened(stage: number, taken: number): number
  /** Whether a match is complete. */
  isFinal(stage: number, taken: number): boolean
}

/** The bit of the edge from a stage to itself. */
const LOOP = 1

export function automatonOf({ stages }: PatternSpec): Automaton {
  const edges = stages.map((stage, index): readonly Edge[] => [
    { stage: index, contiguity: stage.inner, absences: [] },
    ...ways(stages, index + 1),
  ])
  const isLast = stages.map((_, index) => stages.slice(index + 1).every((stage) => stage.isOptional))
  return {
    stages,
    starts: ways(stages, 0).map(({ stage }) => stage),
    edges,
    opened(stage, taken) {
      const { least, most } = stages[stage]!
      const onwards = 2 ** edges[stage]!.length - 1 - LOOP
      return (taken < most ? LOOP : 0) | (taken >= least ? onwards : 0)
    },
    isFinal: (stage, taken) => isLast[stage]! && taken >= stages[stage]!.least,
  }
}

/** To the stage `from`, and, as long as it is optional, to the one behind it. */
function ways(stages: readonly StageSpec[], from: number): Edge[] {
  const found: Edge[] = []
  let absences: readonly Absence[] = []
  for (let stage = from; stage < stages.length; stage++) {
    const { contiguity, isOptional } = stages[stage]!
    absences = [...absences, ...stages[stage]!.absences]
    found.push({ stage, contiguity, absences })
    if (!isOptional) break
  }
  return found
}
