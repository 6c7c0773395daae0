/** Lines of a stream as bytes, in bounded memory. */

export interface Line {
  /** From 1. */
  readonly number: number
  /** Without the `\n`; undefined when the line is longer than allowed, and then skipped. */
  readonly bytes: Uint8Array | undefined
}

/** Lines are split at `\n`, and nothing else; what follows the last one is a line if there is anything. */
export async function* readLines(input: AsyncIterable<Uint8Array>, maxLineBytes: number): AsyncGenerator<Line> {
  let number = 1
  let parts: Uint8Array[] = []
  let sizeBytes = 0
  const take = (): Line => {
    const bytes = sizeBytes > maxLineBytes ? undefined : parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    parts = []
    sizeBytes = 0
    return { number: number++, bytes }
  }
  const add = (part: Uint8Array) => {
    sizeBytes += part.length
    if (sizeBytes <= maxLineBytes) parts.push(part)
    else parts = []
  }
  for await (const chunk of input) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      add(chunk.subarray(start, end))
      yield take()
      start = end + 1
    }
    if (start < chunk.length) add(chunk.subarray(start))
  }
  if (sizeBytes > 0) yield take()
}
