/** Where in a user's code an error came from. */

/** File and line: a syntax error's stack begins with them, any other error's first frame holds them. */
export function placeOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack.match(/(?:file:\/\/)?\/[^\s()]+:\d+(?::\d+)?/)?.[0]
}

/** The error's own words, and its place where it is known. */
export function withPlace(error: unknown): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const place = placeOf(error)
  return place === undefined ? message : `${message} (${place})`
}
