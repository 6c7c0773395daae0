/** What every state declares: a name, a schema and the schema's version. */
import type { z } from 'zod'
import { isSluiceError, TopologyError } from '../errors.ts'
import { type Layout, layoutOf } from './layout.ts'
import type { Migrate } from './schema-codec.ts'

/** How a state follows its schema through changes of the job. `V` is what it holds. */
export interface VersionOptions<V> {
  /**
   * The version of the schema, a whole number: to be raised with every change by which older values are no longer values
   * of the schema, or mean something else. Fields that are new and may be null need none, nor does null where there was none.
   *
   * @default 1
   */
  readonly version?: number
  /** Takes over what older versions wrote; needed where a raised version has changed more than that. */
  readonly migrate?: Migrate<V>
}

/** @throws {TopologyError} `STATE_DECLARATION` */
export function checkDeclaration(name: string, version: number): void {
  if (name === '' || name.includes('/')) {
    throw refused(
      name,
      'a name has at least one character, and no "/"',
      'Name it as checkpoints shall, as in valueState("total", …).',
    )
  }
  if (!(Number.isSafeInteger(version) && version >= 1)) {
    throw refused(name, `its version can't be ${version}`, 'A version is a whole number from 1.')
  }
}

/** The layout of a schema that a state declares. @throws {TopologyError} `SCHEMA_UNSUPPORTED` */
export function declaredLayout(name: string, schema: z.core.SomeType): Layout {
  try {
    return layoutOf(schema)
  } catch (error) {
    if (!isSluiceError(error, 'SCHEMA_UNSUPPORTED')) throw error
    const { message, fix, details } = error
    throw new TopologyError(error.code, `state ${name}: ${message}`, {
      ...(fix !== undefined && { fix }),
      details: { ...details, state: name },
    })
  }
}

/** @returns a `STATE_DECLARATION` error that names the state */
export function refused(name: string, problem: string, fix: string): TopologyError {
  return new TopologyError('STATE_DECLARATION', `state "${name}": ${problem}`, { fix, details: { state: name } })
}
