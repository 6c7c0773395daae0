/**
 * Session windows: each key has a list of those that are open, which a record prolongs, begins or puts together.
 *
 * Keyed state `sessions` has that list, in the order of their starts. No two of them touch.
 */
import type { Key } from '../../topology/element.ts'
import { KeyDues } from '../key-dues.ts'
import { type Session, sessionsCodec } from './session-state.ts'
import { tracksChanges } from './trigger.ts'
import { NO_KEY, NO_KEY_GROUP, type WindowInput, type WindowMechanism, type WindowTools } from './window-mechanism.ts'

export function createSessionWindows(tools: WindowTools, gapMs: number): WindowMechanism {
  const { context, accumulators, progress, trigger, allowedLatenessMs, fire } = tools
  const isTracked = tracksChanges(trigger)
  const { records = Number.POSITIVE_INFINITY } = trigger
  const state = context.state.keyed<Session[]>({ name: 'sessions', codec: sessionsCodec(accumulators.codec) })
  // A session that is prolonged keeps its time, and is given another when that has come: cheaper than with every record.
  const dues = new KeyDues()
  /** Keys that may have a session which has changed since it last fired, where it fires early; and their key groups. */
  const changed = new Map<Key, number>()

  const closesAtMs = (endMs: number) => endMs - 1 + allowedLatenessMs
  const hasEnded = (session: Session, watermarkMs: number) => session.endMs - 1 <= watermarkMs

  /** When there is something to do about a session: the watermark that fires or forgets it, whichever is first. */
  function dueAtMs(session: Session, watermarkMs: number): number {
    return trigger.firesLate && !hasEnded(session, watermarkMs) ? session.endMs - 1 : closesAtMs(session.endMs)
  }

  /** The open session that record `index` touches, prolonged by it, and one with all others that it touches. */
  function prolonged(sessions: Session[], index: number, timestampsMs: Float64Array): Session | undefined {
    const startMs = timestampsMs[index]!
    const endMs = startMs + gapMs
    let touched: Session | undefined
    for (let place = 0; place < sessions.length; place++) {
      const session = sessions[place]!
      if (session.startMs > endMs || session.endMs < startMs) continue
      if (touched === undefined) {
        touched = session
        if (startMs < session.startMs) session.startMs = startMs
        if (endMs > session.endMs) session.endMs = endMs
        continue
      }
      touched.endMs = Math.max(touched.endMs, session.endMs)
      touched.pending += session.pending
      accumulators.merge(touched.gathered, session.gathered)
      sessions.splice(place--, 1)
    }
    return touched
  }

  /** A session that begins with a record; undefined when that comes too late. */
  function begun(sessions: Session[] | undefined, startMs: number, keyGroup: number, key: Key): Session | undefined {
    const endMs = startMs + gapMs
    if (closesAtMs(endMs) <= progress.watermarkMs || endMs <= progress.drainedEndMs) return undefined
    const session: Session = { startMs, endMs, pending: 0, gathered: accumulators.create() }
    if (sessions === undefined) state.set(0, keyGroup, key, [session])
    else {
      const after = sessions.findIndex((each) => each.startMs > startMs)
      sessions.splice(after < 0 ? sessions.length : after, 0, session)
    }
    dues.add(dueAtMs(session, progress.watermarkMs), keyGroup, key)
    return session
  }

  function fireSession(key: Key, session: Session): void {
    const { startMs, endMs, gathered } = session
    fire(key, gathered, { startMs, endMs }, endMs - 1)
    session.pending = 0
    if (trigger.purges) session.gathered = accumulators.create()
  }

  /** What a record sets off: a firing at once, or one that is due earlier than the session would have been forgotten. */
  function afterRecord(session: Session, keyGroup: number, key: Key): void {
    session.pending++
    const isLate = trigger.firesLate && hasEnded(session, progress.watermarkMs)
    if (isLate || session.pending >= records) fireSession(key, session)
    else if (trigger.early !== undefined) changed.set(key, keyGroup)
    if (trigger.firesLate) dues.add(dueAtMs(session, progress.watermarkMs), keyGroup, key)
  }

  /** Fires and forgets the sessions of a key that are due at this very moment, and sees to those that stay. */
  function settle(keyGroup: number, key: Key, atMs: number, isDrain: boolean): void {
    const sessions = state.update(0, keyGroup, key)
    if (sessions === undefined) return
    let open = 0
    for (const session of sessions) {
      const { endMs } = session
      const firesAtMs = trigger.firesLate ? endMs - 1 : closesAtMs(endMs)
      if (firesAtMs === atMs && !(isTracked && session.pending === 0)) fireSession(key, session)
      if (closesAtMs(endMs) > atMs) {
        sessions[open++] = session
        dues.add(dueAtMs(session, atMs), keyGroup, key)
      } else if (isDrain) progress.drained(endMs)
    }
    if (open === 0) state.delete(0, keyGroup, key)
    else sessions.length = open
  }

  for (const [keyGroup, key, sessions] of state.entries(0)) {
    for (const session of sessions) {
      dues.add(dueAtMs(session, progress.restoredMs(keyGroup)), keyGroup, key)
      if (trigger.early !== undefined && session.pending > 0) changed.set(key, keyGroup)
    }
  }

  return {
    gather({ rows, timestampsMs, keys, keyGroups }: WindowInput): number[] {
      const late: number[] = []
      for (let i = 0; i < rows.length; i++) {
        const keyGroup = keyGroups === undefined ? NO_KEY_GROUP : keyGroups[i]!
        const key = keys === undefined ? NO_KEY : keys[i]!
        const sessions = state.update(0, keyGroup, key)
        const session =
          (sessions && prolonged(sessions, i, timestampsMs!)) ?? begun(sessions, timestampsMs![i]!, keyGroup, key)
        if (session === undefined) {
          late.push(i)
          continue
        }
        accumulators.add(session.gathered, i, i + 1, rows, timestampsMs)
        if (isTracked || trigger.firesLate) afterRecord(session, keyGroup, key)
      }
      return late
    },

    advance(toMs) {
      for (let due = dues.take(toMs); due !== undefined; due = dues.take(toMs)) {
        settle(due.keyGroup, due.key, due.atMs, toMs === Number.POSITIVE_INFINITY)
      }
    },

    fireChanged() {
      for (const [key, keyGroup] of changed) {
        for (const session of state.update(0, keyGroup, key) ?? []) if (session.pending > 0) fireSession(key, session)
      }
      changed.clear()
    },

    get hasChanged() {
      return changed.size > 0
    },
  }
}
