/** Serves the subtasks of one stage to hosts that speak the stage protocol (see PROTOCOL.md), one subtask a connection. */
import type { Transport } from '../transport/transport.ts'
import { StageSession, type StageSessionOptions } from './stage-session.ts'

export interface StageServer {
  /** Where hosts connect to. */
  readonly address: string
  /** Takes no further hosts, and ends those there are. */
  close(): Promise<void>
}

/** @throws {SluiceError} `LISTEN_FAILED` */
export async function serveStage(transport: Transport, options: StageSessionOptions): Promise<StageServer> {
  const sessions = new Set<StageSession>()
  const listener = await transport.listen((connection) => {
    const session = new StageSession(connection, options)
    sessions.add(session)
    void session.done.then(() => sessions.delete(session))
  })
  return {
    address: listener.address,
    async close() {
      await listener.close()
      await Promise.all([...sessions].map((session) => session.end()))
    },
  }
}
