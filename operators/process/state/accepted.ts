/** What a function wants to keep in state, checked. */

/** `accept(value)`. @throws {TypeError} naming the state, when the value does not fit its schema */
export function accepted<T>(state: string, accept: (value: unknown) => T, value: unknown): T {
  try {
    return accept(value)
  } catch (cause) {
    throw new TypeError(`state ${state}: ${(cause as Error).message}`, { cause })
  }
}
