/** Reads how a command of `runtime` failed from what it has written with `--format json`. */
import { SluiceError } from '../../../topology/errors.ts'
import { ErrorAnswer } from '../schemas.ts'

/** The error of the last line that holds one. */
export function lastError(lines: readonly string[]): SluiceError | undefined {
  for (const line of lines.toReversed()) {
    if (!line.startsWith('{"error":')) continue
    const { code, message, fix, details } = parse(line) ?? {}
    if (code !== undefined)
      return new SluiceError(code, message!, { details: details!, ...(fix === undefined ? {} : { fix }) })
  }
  return undefined
}

function parse(line: string) {
  try {
    return ErrorAnswer.safeParse(JSON.parse(line)).data?.error
  } catch {
    return undefined
  }
}
