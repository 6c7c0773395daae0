/**
 * Tumbling, sliding and global windows: gathered by pane, and put together when a window fires.
 *
 * Keyed state `windows` has the accumulators of each key by the start of their pane. Where a trigger fires before the end,
 * keyed state `pending` has, by the number of the window, how many records have come for a key since its window last
 * fired: so an early firing looks at what has changed, and at nothing else.
 */
import { varint } from '../../topology/codec/index.ts'
import type { KeyedState } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'
import { combinePanes } from './combine-panes.ts'
import type { PaneLayout } from './pane-grid.ts'
import type { TimeWindow } from './time-window.ts'
import { tracksChanges } from './trigger.ts'
import { NO_KEY, NO_KEY_GROUP, type WindowInput, type WindowMechanism, type WindowTools } from './window-mechanism.ts'

export interface PaneWindowsOptions extends PaneLayout {
  /** Where accumulators have the greatest event time, of windows that have no end: see `greatestTime`. */
  readonly timeAt: number | undefined
}

/** The number of no window. */
const NONE = Number.POSITIVE_INFINITY

export function createPaneWindows(tools: WindowTools, options: PaneWindowsOptions): WindowMechanism {
  const { context, accumulators, progress, trigger, allowedLatenessMs, fire } = tools
  const { grid, panesPerWindow, panesPerSlide, timeAt } = options
  const isTracked = tracksChanges(trigger)
  const firesOnRecord = isTracked || trigger.firesLate

  const state = context.state.keyed<unknown[]>({ name: 'windows', codec: accumulators.codec })
  const pending = isTracked ? context.state.keyed<number>({ name: 'pending', codec: varint }) : undefined

  // Windows are numbered by their first pane: window n begins with pane n × panesPerSlide.
  const startMs = (window: number) => grid.startMs(window * panesPerSlide)
  const endMs = (window: number) => grid.startMs(window * panesPerSlide + panesPerWindow)
  const firstWindowOf = (pane: number) => Math.ceil((pane - panesPerWindow + 1) / panesPerSlide)
  const lastWindowOf = (pane: number) => Math.floor(pane / panesPerSlide)
  /** The watermark at which a window closes: its last millisecond, and the allowed lateness. */
  const closesAtMs = (window: number) => endMs(window) - 1 + allowedLatenessMs
  /** The watermark at which it fires. */
  const firesAtMs = trigger.firesLate ? (window: number) => endMs(window) - 1 : closesAtMs
  const isPast = (atMs: number, window: number) =>
    atMs <= progress.watermarkMs || endMs(window) <= progress.drainedEndMs

  /** The window that fires next, of those that hold anything, and when. */
  let nextWindow = NONE
  let nextFiringMs = Number.POSITIVE_INFINITY
  /** When the first of the panes is forgotten. */
  let nextClosingMs = Number.POSITIVE_INFINITY

  // The pane of the last record: the next one is most often in the same.
  let pane = 0
  let paneStartMs = Number.POSITIVE_INFINITY
  let paneEndMs = Number.NEGATIVE_INFINITY
  let isPaneClosed = false
  let isPaneScheduled = false

  function enterPane(timestampMs: number): void {
    pane = grid.indexOf(timestampMs)
    paneStartMs = grid.startMs(pane)
    paneEndMs = grid.startMs(pane + 1)
    const last = lastWindowOf(pane)
    isPaneClosed = isPast(closesAtMs(last), last)
    isPaneScheduled = false
  }

  function leavePane(): void {
    paneStartMs = Number.POSITIVE_INFINITY
  }

  /** Sees to it that the windows of a pane fire, but those that have, and that the pane is forgotten. */
  function schedule(index: number, isFired: (window: number) => boolean): void {
    const last = lastWindowOf(index)
    nextClosingMs = Math.min(nextClosingMs, closesAtMs(last))
    let window = firstWindowOf(index)
    while (window <= last && isFired(window)) window++
    if (window <= last) scheduleWindow(Math.min(window, nextWindow))
  }

  function scheduleWindow(window: number): void {
    nextWindow = window
    nextFiringMs = window === NONE ? Number.POSITIVE_INFINITY : firesAtMs(window)
  }

  function create(keyGroup: number, key: Key): unknown[] {
    const created = accumulators.create()
    state.set(paneStartMs, keyGroup, key, created)
    if (!isPaneScheduled) schedule(pane, (window) => isPast(firesAtMs(window), window))
    isPaneScheduled = true
    return created
  }

  function windowOf(window: number): TimeWindow {
    const span = { startMs: startMs(window), endMs: endMs(window) }
    return grid.utcOffsetMs === undefined ? span : { ...span, utcOffsetMs: grid.utcOffsetMs(span.startMs) }
  }

  function* panesOf(window: number): Generator<number> {
    const first = window * panesPerSlide
    for (let index = first; index < first + panesPerWindow; index++) yield grid.startMs(index)
  }

  function fireOne(window: TimeWindow, key: Key, gathered: readonly unknown[]): void {
    fire(key, gathered, window, timeAt === undefined ? window.endMs - 1 : (gathered[timeAt] as number))
  }

  /** Fires a window for one key. */
  function fireKey(window: number, keyGroup: number, key: Key): void {
    if (panesPerWindow === 1) {
      fireOne(windowOf(window), key, state.get(startMs(window), keyGroup, key)!)
      if (trigger.purges) state.delete(startMs(window), keyGroup, key)
      return
    }
    const combined = accumulators.create()
    for (const start of panesOf(window)) {
      const gathered = state.get(start, keyGroup, key)
      if (gathered !== undefined) accumulators.merge(combined, gathered)
    }
    fireOne(windowOf(window), key, combined)
  }

  /** Fires a window for every key, or, where that is known, for those that have changed. */
  function fireWindow(window: number): void {
    if (pending !== undefined) {
      firePending(pending, window)
      return
    }
    const span = windowOf(window)
    const atMs = firesAtMs(window)
    const hasFired = (keyGroup: number) => atMs <= progress.restoredMs(keyGroup)
    if (panesPerWindow === 1) {
      const start = startMs(window)
      for (const [keyGroup, key, gathered] of state.entries(start)) {
        if (!hasFired(keyGroup)) fireOne(span, key, gathered)
      }
      if (trigger.purges) state.drop(start)
    } else {
      const { keys, combined } = combinePanes({ state, accumulators, panes: panesOf(window), without: hasFired })
      for (let place = 0; place < keys.length; place++) fireOne(span, keys[place]!, combined[place]!)
    }
  }

  function firePending(counts: KeyedState<number>, window: number): void {
    for (const [keyGroup, key] of counts.entries(window)) fireKey(window, keyGroup, key)
    counts.drop(window)
  }

  /** What a record sets off at once in the windows of its pane. */
  function afterRecord(keyGroup: number, key: Key): void {
    for (let window = firstWindowOf(pane); window <= lastWindowOf(pane); window++) {
      if (isPast(closesAtMs(window), window)) continue
      const count = (pending?.get(window, keyGroup, key) ?? 0) + 1
      if ((trigger.firesLate && endMs(window) - 1 <= progress.watermarkMs) || count === trigger.records) {
        fireKey(window, keyGroup, key)
        pending?.delete(window, keyGroup, key)
      } else {
        pending?.set(window, keyGroup, key, count)
      }
    }
  }

  /** Forgets the panes that no open window has part in. */
  function close(toMs: number): void {
    nextClosingMs = Number.POSITIVE_INFINITY
    for (const start of state.namespaces()) {
      const last = lastWindowOf(grid.indexOf(start))
      if (closesAtMs(last) > toMs) {
        nextClosingMs = closesAtMs(last)
        return
      }
      // A window without an end outlives the drain that it fires at.
      if (endMs(last) === Number.POSITIVE_INFINITY) return
      state.drop(start)
      if (toMs === Number.POSITIVE_INFINITY) drained(last)
    }
  }

  function drained(window: number): void {
    if (endMs(window) < Number.POSITIVE_INFINITY) progress.drained(endMs(window))
  }

  /** The first window from `window` on that has a pane which holds anything. */
  function windowFrom(window: number, panes: readonly number[]): number {
    const index = panes.find((each) => each >= window * panesPerSlide)
    return index === undefined ? NONE : Math.max(window, firstWindowOf(index))
  }

  for (const start of state.namespaces()) {
    schedule(grid.indexOf(start), (window) => firesAtMs(window) <= progress.leastRestoredMs)
  }

  return {
    gather({ rows, timestampsMs, keys, keyGroups }: WindowInput): number[] {
      const late: number[] = []
      // Without keys, the records of a pane that follow each other are gathered at once.
      const takesRuns = keys === undefined && timestampsMs !== undefined && !firesOnRecord
      let end: number
      for (let i = 0; i < rows.length; i = end) {
        const timestampMs = timestampsMs === undefined ? 0 : timestampsMs[i]!
        if (!(timestampMs >= paneStartMs && timestampMs < paneEndMs)) enterPane(timestampMs)
        end = i + 1
        if (takesRuns)
          while (end < rows.length && timestampsMs[end]! >= paneStartMs && timestampsMs[end]! < paneEndMs) end++
        if (isPaneClosed) {
          for (let place = i; place < end; place++) late.push(place)
          continue
        }
        const keyGroup = keyGroups === undefined ? NO_KEY_GROUP : keyGroups[i]!
        const key = keys === undefined ? NO_KEY : keys[i]!
        const gathered = state.update(paneStartMs, keyGroup, key) ?? create(keyGroup, key)
        accumulators.add(gathered, i, end, rows, timestampsMs)
        if (firesOnRecord) afterRecord(keyGroup, key)
      }
      return late
    },

    advance(toMs) {
      leavePane()
      if (nextFiringMs <= toMs) {
        const panes = state.namespaces().map(grid.indexOf)
        // A trigger may have purged the window that was to be the next.
        scheduleWindow(windowFrom(nextWindow, panes))
        while (nextWindow !== NONE && nextFiringMs <= toMs) {
          fireWindow(nextWindow)
          if (toMs === Number.POSITIVE_INFINITY) drained(nextWindow)
          scheduleWindow(windowFrom(nextWindow + 1, panes))
        }
      }
      if (nextClosingMs <= toMs) close(toMs)
    },

    fireChanged() {
      for (const window of pending?.namespaces() ?? []) firePending(pending!, window)
    },

    get hasChanged() {
      return pending !== undefined && pending.size > 0
    },
  }
}
