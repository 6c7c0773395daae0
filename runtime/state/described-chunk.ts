/**
 * A chunk of state with its description, as one run of bytes: the body of state files, and of chunks on a socket.
 *
 * ```text
 * description   one line of JSON, UTF-8
 * u8 0x0A
 * bytes         the chunk (see chunk-form.ts)
 * ```
 */

/** The parts to be put together. */
export function describedChunk(description: object, bytes: Uint8Array): readonly Uint8Array[] {
  return [Buffer.from(`${JSON.stringify(description)}\n`), bytes]
}

/** The text of the description, and a view of the bytes behind it. */
export function splitDescribed(body: Uint8Array): { readonly description: string; readonly bytes: Uint8Array } {
  const end = body.indexOf(0x0a)
  const line = body.subarray(0, Math.max(0, end))
  const description = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString()
  return { description, bytes: body.subarray(end + 1) }
}
