/**
 * Session windows: each key has a list of those that are open, which a record prolongs, begins or puts together.
 *
 * Keyed state `sessions` has that list, in the order of their starts. No two of them touch.
 */
import { float64, list, tuple, varint } from '../../topology/codec/index.ts'
import type { Key } from '../../topology/element.ts'
import { TimerQueue } from './timer-queue.ts'
import { tracksChanges } from './trigger.ts'
import { NO_KEY, NO_KEY_GROUP, type WindowInput, type WindowMechanism, type WindowTools } from './window-mechanism.ts'

/** `pending` is how many records have come since it last fired, where the trigger makes use of that. */
type Session = [startMs: number, endMs: number, pending: number, gathered: unknown[]]

export function createSessionWindows(tools: WindowTools, gapMs: number): WindowMechanism {
  const { context, accumulators, progress, trigger, allowedLatenessMs, fire } = tools
  const isTracked = tracksChanges(trigger)
  const state = context.state.keyed<Session[]>({
    name: 'sessions',
    codec: list(tuple(float64, float64, varint, accumulators.codec)),
  })
  const timers = new TimerQueue()
  /** Keys that may have a session which has changed since it last fired, where it fires early; and their key groups. */
  const changed = new Map<Key, number>()

  const closesAtMs = (endMs: number) => endMs - 1 + allowedLatenessMs
  const hasEnded = ([, endMs]: Session, watermarkMs: number) => endMs - 1 <= watermarkMs

  /** When there is something to do about a session: the watermark that fires or forgets it, whichever is first. */
  function dueAtMs(session: Session, watermarkMs: number): number {
    const [, endMs] = session
    return trigger.firesLate && !hasEnded(session, watermarkMs) ? endMs - 1 : closesAtMs(endMs)
  }

  /** The session that a record is gathered in, prolonged by it; undefined when it comes too late for any. */
  function sessionFor(timestampMs: number, keyGroup: number, key: Key): Session | undefined {
    const endMs = timestampMs + gapMs
    const sessions = state.update(0, keyGroup, key)
    let session: Session | undefined
    if (sessions !== undefined) {
      for (let at = 0; at < sessions.length; at++) {
        const other = sessions[at]!
        if (other[0] > endMs || other[1] < timestampMs) continue
        if (session === undefined) {
          session = other
          if (timestampMs < session[0]) session[0] = timestampMs
          if (endMs > session[1]) session[1] = endMs
          continue
        }
        session[1] = Math.max(session[1], other[1])
        session[2] += other[2]
        accumulators.merge(session[3], other[3])
        sessions.splice(at--, 1)
      }
      if (session !== undefined) return session
    }
    if (closesAtMs(endMs) <= progress.watermarkMs || endMs <= progress.drainedEndMs) return undefined
    session = [timestampMs, endMs, 0, accumulators.create()]
    if (sessions === undefined) state.set(0, keyGroup, key, [session])
    else {
      const after = sessions.findIndex(([startMs]) => startMs > timestampMs)
      sessions.splice(after < 0 ? sessions.length : after, 0, session)
    }
    timers.add(dueAtMs(session, progress.watermarkMs), keyGroup, key)
    return session
  }

  function fireSession(key: Key, session: Session): void {
    const [startMs, endMs, , gathered] = session
    fire(key, gathered, { startMs, endMs }, endMs - 1)
    session[2] = 0
    if (trigger.purges) session[3] = accumulators.create()
  }

  /** What a record sets off: a firing at once, or one that is due earlier than the session would have been forgotten. */
  function afterRecord(session: Session, keyGroup: number, key: Key): void {
    session[2]++
    const isLate = trigger.firesLate && hasEnded(session, progress.watermarkMs)
    if (isLate || session[2] === trigger.records) fireSession(key, session)
    else if (trigger.early !== undefined) changed.set(key, keyGroup)
    if (trigger.firesLate) timers.add(dueAtMs(session, progress.watermarkMs), keyGroup, key)
  }

  /** Fires and forgets the sessions of a key that are due at this very moment, and sees to those that stay. */
  function settle(keyGroup: number, key: Key, atMs: number, isDrain: boolean): void {
    const sessions = state.update(0, keyGroup, key)
    if (sessions === undefined) return
    let open = 0
    for (const session of sessions) {
      const endMs = session[1]
      const firesAtMs = trigger.firesLate ? endMs - 1 : closesAtMs(endMs)
      if (firesAtMs === atMs && !(isTracked && session[2] === 0)) fireSession(key, session)
      if (closesAtMs(endMs) > atMs) {
        sessions[open++] = session
        timers.add(dueAtMs(session, atMs), keyGroup, key)
      } else if (isDrain) progress.drained(endMs)
    }
    if (open === 0) state.delete(0, keyGroup, key)
    else sessions.length = open
  }

  for (const [keyGroup, key, sessions] of state.entries(0)) {
    for (const session of sessions) {
      timers.add(dueAtMs(session, progress.firedMs), keyGroup, key)
      if (trigger.early !== undefined && session[2] > 0) changed.set(key, keyGroup)
    }
  }

  return {
    gather({ rows, timestampsMs, keys, keyGroups }: WindowInput): number[] {
      const late: number[] = []
      for (let i = 0; i < rows.length; i++) {
        const keyGroup = keyGroups === undefined ? NO_KEY_GROUP : keyGroups[i]!
        const key = keys === undefined ? NO_KEY : keys[i]!
        const session = sessionFor(timestampsMs![i]!, keyGroup, key)
        if (session === undefined) {
          late.push(i)
          continue
        }
        accumulators.add(session[3], i, rows, timestampsMs)
        if (isTracked || trigger.firesLate) afterRecord(session, keyGroup, key)
      }
      return late
    },

    advance(toMs) {
      for (let due = timers.take(toMs); due !== undefined; due = timers.take(toMs)) {
        settle(due.keyGroup, due.key, due.atMs, toMs === Number.POSITIVE_INFINITY)
      }
    },

    fireChanged() {
      for (const [key, keyGroup] of changed) {
        for (const session of state.update(0, keyGroup, key) ?? []) if (session[2] > 0) fireSession(key, session)
      }
      changed.clear()
    },

    get hasChanged() {
      return changed.size > 0
    },
  }
}
