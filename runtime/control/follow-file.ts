/** The last lines of a file, and those that are added to it. */
import { type FileHandle, open } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import type { Clock } from '../../topology/contract/clock.ts'
import type { LogOptions } from '../../topology/contract/job-control.ts'
import { SluiceError } from '../../topology/errors.ts'

const BLOCK_BYTES = 64 * 1024
const LOOK_INTERVAL_MS = 200
const LF = 0x0a

/**
 * Lines without their ends. A file that is cut short is read from its beginning again.
 *
 * @throws {SluiceError} `LOG_NOT_FOUND`
 */
export async function* followFile(
  file: string,
  clock: Clock,
  { tail = 100, follow = false, signal }: LogOptions = {},
): AsyncGenerator<string> {
  await using handle = await opened(file)
  let position = await startOfTail(handle, tail)
  let decoder = new StringDecoder('utf8')
  let rest = ''
  const block = Buffer.allocUnsafe(BLOCK_BYTES)
  for (;;) {
    const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES, position)
    if (bytesRead > 0) {
      position += bytesRead
      const lines = (rest + decoder.write(block.subarray(0, bytesRead))).split('\n')
      rest = lines.pop()!
      yield* lines
    } else if (!follow || signal?.aborted === true) {
      if (rest !== '') yield rest
      return
    } else {
      await pause(clock, signal)
      if ((await handle.stat()).size < position) {
        position = 0
        rest = ''
        decoder = new StringDecoder('utf8')
      }
    }
  }
}

async function opened(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new SluiceError('LOG_NOT_FOUND', `there is no log ${file}`, {
      cause,
      fix: 'Jobs of a session have one; a job that was submitted in the foreground writes to its own terminal.',
      details: { file },
    })
  }
}

/** Backwards, a block at a time, until enough line ends are found; the one at the very end ends the last line. */
async function startOfTail(handle: FileHandle, tail: number): Promise<number> {
  const { size } = await handle.stat()
  if (tail === 0) return size
  const block = Buffer.allocUnsafe(BLOCK_BYTES)
  let found = 0
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK_BYTES)
    const { bytesRead } = await handle.read(block, 0, end - start, start)
    for (let index = bytesRead - 1; index >= 0; index--) {
      if (block[index] === LF && start + index !== size - 1 && ++found === tail) return start + index + 1
    }
    end = start
  }
  return 0
}

function pause(clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      timer[Symbol.dispose]()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.schedule(LOOK_INTERVAL_MS, done)
    signal?.addEventListener('abort', done)
  })
}
