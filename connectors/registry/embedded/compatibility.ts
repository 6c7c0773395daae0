/** Whether a subject takes a schema: what its level of compatibility asks for. */
import type { Compatibility } from '../../../topology/format.ts'

/**
 * Why `schema` may not follow `earlier`, oldest first; empty when it may.
 *
 * @param problems what keeps its first argument from reading what was written with its second
 */
export function evolutionProblems<S>(
  level: Compatibility,
  schema: S,
  earlier: readonly S[],
  problems: (reader: S, writer: S) => readonly string[],
): readonly string[] {
  const compared = level.endsWith('_TRANSITIVE') ? earlier : earlier.slice(-1)
  const found = compared.flatMap((other) => [
    ...(/^(BACKWARD|FULL)/.test(level) ? problems(schema, other) : []),
    ...(/^(FORWARD|FULL)/.test(level)
      ? problems(other, schema).map((each) => `for readers with the earlier one, ${each}`)
      : []),
  ])
  return [...new Set(found)]
}
