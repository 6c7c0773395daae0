/** The open sessions of a key, as state has them. */
import { list } from '../../topology/codec/index.ts'
import type { ValueCodec } from '../../topology/contract/state.ts'

/** An object, where a tuple would have a number boxed with every record that prolongs it. */
export interface Session {
  startMs: number
  endMs: number
  /** How many records have come since it last fired, where the trigger makes use of that. */
  pending: number
  gathered: unknown[]
}

/**
 * In the order of their starts. They may be changed in place.
 *
 * ```text
 * float64 startMs, float64 endMs, varint pending, then what has been gathered
 * ```
 */
export function sessionsCodec(gathered: ValueCodec<unknown[]>): ValueCodec<Session[]> {
  return list<Session>({
    name: `session(${gathered.name})`,
    version: 1,
    write(writer, session) {
      writer.float64(session.startMs)
      writer.float64(session.endMs)
      writer.varint(session.pending)
      gathered.write(writer, session.gathered)
    },
    read: (reader) => ({
      startMs: reader.float64(),
      endMs: reader.float64(),
      pending: reader.varint(),
      gathered: gathered.read(reader),
    }),
    copy: (session) => ({ ...session, gathered: gathered.copy(session.gathered) }),
  })
}
