/** Takes apart what comes bit by bit: lines, and the server-sent events they make up. */

/** Without their ends; what follows the last one counts when it is not empty. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

export interface ServerSentEvent {
  readonly id: string
  readonly data: string
}

/** As much of WHATWG HTML, 9.2.6 as our server uses: lines end in LF, data is one line, comments are heartbeats. */
export async function* messagesOf(lines: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let id = ''
  let data: string | undefined
  for await (const line of lines) {
    if (line.startsWith('id: ')) id = line.slice(4)
    else if (line.startsWith('data: ')) data = line.slice(6)
    else if (line === '' && data !== undefined) {
      yield { id, data }
      data = undefined
    }
  }
}
