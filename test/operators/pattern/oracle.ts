/** What matches a pattern by its definition: every choice of records is looked at. Slow, and without an automaton. */
import type { Absence, Contiguity, PatternSpec } from '../../../operators/pattern/stages.ts'

export interface Timed {
  readonly row: unknown
  readonly timestampMs: number
}

/** Records by their places, each with the stage that takes it. */
type Choice = readonly { readonly stage: number; readonly place: number }[]

export interface Found {
  readonly row: Readonly<Record<string, unknown>>
  readonly timestampMs: number
}

interface Way {
  readonly stage: number
  readonly contiguity: Contiguity
  readonly absences: readonly Absence[]
}

/** Of records in the order of their times, when all time has passed. */
export function patternOracle(
  { stages, finalAbsences, withinMs = Number.POSITIVE_INFINITY }: PatternSpec,
  records: readonly Timed[],
  skip: 'noSkip' | 'skipPastLastEvent',
): { matches: Found[]; timedOut: Found[] } {
  const complete: { choice: Choice; timestampMs: number; afterPlace: number }[] = []
  const timedOut: Found[] = []

  const endMs = (choice: Choice) => records[choice[0]!.place]!.timestampMs + withinMs
  const matchedOf = (choice: Choice) => {
    const matched: Record<string, unknown> = {}
    for (const { stage, place } of choice) {
      const { name, isRepeated } = stages[stage]!
      const { row } = records[place]!
      if (isRepeated) matched[name] = [...((matched[name] as unknown[]) ?? []), row]
      else matched[name] = row
    }
    return matched
  }
  const takenBy = (choice: Choice, stage: number) =>
    choice.filter((each) => each.stage === stage).map(({ place }) => records[place]!.row)
  const fits = (choice: Choice, stage: number, place: number) =>
    stages[stage]!.predicate(records[place]!.row, matchedOf(choice), takenBy(choice, stage))
  const breaks = (choice: Choice, { predicate }: Absence, place: number) =>
    predicate(records[place]!.row, matchedOf(choice))

  function waysOn(choice: Choice): Way[] {
    const from = choice.at(-1)?.stage ?? -1
    const count = choice.filter(({ stage }) => stage === from).length
    const ways: Way[] = []
    if (from >= 0 && count < stages[from]!.most) {
      ways.push({ stage: from, contiguity: stages[from]!.inner, absences: [] })
    }
    if (from >= 0 && count < stages[from]!.least) return ways
    let absences: readonly Absence[] = []
    for (let stage = from + 1; stage < stages.length; stage++) {
      absences = [...absences, ...stages[stage]!.absences]
      ways.push({ stage, contiguity: stages[stage]!.contiguity, absences })
      if (!stages[stage]!.isOptional) break
    }
    return ways
  }

  function isComplete(choice: Choice): boolean {
    const last = choice.at(-1)!.stage
    const count = choice.filter(({ stage }) => stage === last).length
    return count >= stages[last]!.least && stages.slice(last + 1).every(({ isOptional }) => isOptional)
  }

  /** Whether `place` may be the next record of a choice. */
  function mayTake(choice: Choice, { stage, contiguity, absences }: Way, place: number): boolean {
    const last = choice.at(-1)!.place
    if (!fits(choice, stage, place)) return false
    for (let between = last + 1; between < place; between++) {
      if (contiguity === 'next') return false
      if (contiguity === 'followedBy' && fits(choice, stage, between)) return false
    }
    return !areBroken(choice, absences, place)
  }

  function areBroken(choice: Choice, absences: readonly Absence[], upTo: number): boolean {
    const last = choice.at(-1)!.place
    for (let place = last + 1; place <= upTo; place++) {
      for (const absence of absences) {
        if ((absence.kind === 'followedBy' || place === last + 1) && breaks(choice, absence, place)) return true
      }
    }
    return false
  }

  /** The last record that comes before the time of a choice is up. */
  function lastInTime(choice: Choice): number {
    return records.findLastIndex(({ timestampMs }) => timestampMs < endMs(choice))
  }

  /** Whether a record could still have come, when the time is up. */
  function isOpen(choice: Choice): boolean {
    const last = choice.at(-1)!.place
    const until = lastInTime(choice)
    return waysOn(choice).some((way) => {
      if (areBroken(choice, way.absences, until)) return false
      if (way.contiguity === 'next') return until === last
      if (way.contiguity === 'followedByAny') return true
      for (let place = last + 1; place <= until; place++) if (fits(choice, way.stage, place)) return false
      return true
    })
  }

  function visit(choice: Choice): void {
    const { place: last } = choice.at(-1)!
    const until = lastInTime(choice)
    if (isComplete(choice)) {
      if (finalAbsences.length === 0) {
        complete.push({ choice, timestampMs: records[last]!.timestampMs, afterPlace: last })
      } else if (!areBroken(choice, finalAbsences, until)) {
        complete.push({ choice, timestampMs: endMs(choice), afterPlace: until })
      }
    } else if (withinMs < Number.POSITIVE_INFINITY && isOpen(choice)) {
      timedOut.push({ row: matchedOf(choice), timestampMs: endMs(choice) })
    }
    for (const way of waysOn(choice)) {
      for (let place = last + 1; place <= until; place++) {
        if (mayTake(choice, way, place)) visit([...choice, { stage: way.stage, place }])
      }
    }
  }

  for (let place = 0; place < records.length; place++) {
    for (const { stage } of waysOn([])) if (fits([], stage, place)) visit([{ stage, place }])
  }

  complete.sort(
    (a, b) => a.timestampMs - b.timestampMs || a.afterPlace - b.afterPlace || compareChoices(a.choice, b.choice),
  )
  let lastPlace = -1
  const kept = complete.filter(({ choice }) => {
    if (skip === 'noSkip') return true
    if (choice[0]!.place <= lastPlace) return false
    lastPlace = choice.at(-1)!.place
    return true
  })
  return { matches: kept.map(({ choice, timestampMs }) => ({ row: matchedOf(choice), timestampMs })), timedOut }
}

function compareChoices(a: Choice, b: Choice): number {
  const different = a.find((each, index) => index < b.length && each.place !== b[index]!.place)
  if (different !== undefined) return different.place - b[a.indexOf(different)]!.place
  if (a.length !== b.length) return a.length - b.length
  const staged = a.findIndex((each, index) => each.stage !== b[index]!.stage)
  return staged === -1 ? 0 : a[staged]!.stage - b[staged]!.stage
}
