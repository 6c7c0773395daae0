/** Sends what comes bit by bit: log lines and server-sent events. */
import type { ServerResponse } from 'node:http'
import type { Clock } from '../../../topology/contract/clock.ts'

export interface StreamOptions {
  readonly clock: Clock
  /** Sent when nothing else was for as long, so that both ends notice a connection that is gone. */
  readonly heartbeat?: string
}

export const HEARTBEAT_INTERVAL_MS = 15_000

/**
 * Resolves when all is sent or the client is gone; `chunks` has to end by itself then. What waits for a client is what its socket holds: one that takes
 * nothing for a whole interval is dropped.
 */
export async function streamAnswer(
  response: ServerResponse,
  chunks: AsyncIterable<string>,
  { clock, heartbeat }: StreamOptions,
): Promise<void> {
  let full: PromiseWithResolvers<void> | undefined
  let sent = 0
  const settle = () => {
    full?.resolve()
    full = undefined
  }
  const write = (text: string) => {
    sent++
    if (!response.write(text)) full ??= Promise.withResolvers<void>()
  }
  let sentBefore = 0
  let timer: Disposable | undefined
  const watch = () => {
    timer = clock.schedule(HEARTBEAT_INTERVAL_MS, () => {
      if (full !== undefined && sent === sentBefore) return response.destroy()
      if (full === undefined && sent === sentBefore && heartbeat !== undefined) write(heartbeat)
      sentBefore = sent
      watch()
    })
  }
  response.on('drain', settle)
  response.on('close', settle)
  watch()
  try {
    for await (const chunk of chunks) {
      if (response.destroyed) return
      write(chunk)
      await full?.promise
    }
    response.end()
  } finally {
    timer?.[Symbol.dispose]()
  }
}

/** A line per line. */
export async function* asLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`
}

/** As EventSource reads them (WHATWG HTML, 9.2): id, event, data, and an empty line. */
export async function* asEvents(
  events: AsyncIterable<{ readonly id: string; readonly event: { readonly type: string } }>,
): AsyncGenerator<string> {
  // How long a client waits before it connects anew.
  yield 'retry: 1000\n\n'
  for await (const { id, event } of events) yield `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}
