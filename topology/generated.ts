/**
 * Functions made at run time, for names that only a schema knows.
 *
 * V8 learns at each place in the code where a property lies. A loop over names has one place for all of them and learns
 * nothing; code made for the names has a place for each, and is five times as fast.
 */

/**
 * Compiles `code` as the body of a function of `parameters`. What comes from a schema must go in through `quoted`, so that
 * it can't be anything but a string. Where making code is forbidden (`--disallow-code-generation-from-strings`), `slow`
 * is returned.
 */
export function generated<F extends (...args: any[]) => unknown>(
  parameters: readonly string[],
  code: string,
  slow: F,
): F {
  try {
    return new Function(...parameters, code) as F
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    return slow
  }
}

/** A name as a string literal. */
export function quoted(name: string): string {
  return JSON.stringify(name)
}
