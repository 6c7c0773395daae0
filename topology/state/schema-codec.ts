/**
 * The codec that follows from a schema. Its values are written without names or types, and what stands where is kept once
 * per chunk: the layout. So a later job can read them, though the schema that wrote them is gone.
 */
import type { ByteReader, CodecForm, ValueCodec } from '../contract/state.ts'
import { describeValue } from '../describe-value.ts'
import { SluiceError } from '../errors.ts'
import { describeResult, isPromise } from '../user-function.ts'
import { acceptedOf, acceptorOf } from './accept-value.ts'
import { formatLayout, type Layout } from './layout.ts'
import { breakingChanges } from './layout-changes.ts'
import { readerOf, writerOf } from './value-bytes.ts'

/**
 * Makes a value of the schema of one that an earlier version wrote: as that version's schema had it, absent fields null.
 * Called for each value when a checkpoint is restored.
 */
export type Migrate<V> = (value: any, fromVersion: number) => V

/** What a state holds; where there is a layout of keys too, values by keys of the state's own. */
export type StateLayout = { readonly value: Layout; readonly key?: Layout }

export interface SchemaCodecOptions<V> {
  readonly name: string
  readonly version: number
  readonly layout: StateLayout
  readonly migrate?: Migrate<V> | undefined
}

export interface SchemaCodec<V> extends ValueCodec<V> {
  /** A copy of the value, as it is kept. @throws {TypeError} saying what does not fit the schema */
  accept(value: unknown): V
}

export function schemaCodec<V>(options: SchemaCodecOptions<V>): SchemaCodec<V> {
  const { name, version, layout, migrate } = options
  const acceptor = acceptorOf(layout.value)
  const accept = (value: unknown) => acceptedOf(acceptor(value)) as V

  function migrated(value: unknown, fromVersion: number): V {
    try {
      const result = migrate!(value, fromVersion)
      if (isPromise(result)) throw new TypeError(`it must return a value, not ${describeResult(result)}`)
      return accept(result)
    } catch (cause) {
      throw migrateFailed(value, fromVersion, version, cause)
    }
  }

  return {
    name,
    version,
    layout,
    accept,
    write: writerOf(layout.value),
    read: readerOf(layout.value),
    // Nothing changes a value in place: see Immutable.
    copy: (value) => value,
    readerOf(written): (reader: ByteReader) => V {
      const was = written.layout as StateLayout
      checkKey(was.key, layout.key)
      if (migrate !== undefined && written.version < version) {
        const read = readerOf(was.value)
        return (reader) => migrated(read(reader), written.version)
      }
      const changes = breakingChanges(was.value, layout.value)
      if (changes.length > 0) throw schemaChanged(written, version, changes)
      return readerOf(was.value, layout.value)
    },
  }
}

function checkKey(was: Layout | undefined, is: Layout | undefined): void {
  if (was === undefined || is === undefined || formatLayout(was) === formatLayout(is)) return
  throw new SluiceError('STATE_SCHEMA_CHANGED', `its key was ${formatLayout(was)} and is ${formatLayout(is)}`, {
    fix: 'Keys are not migrated: go back to the key that wrote the checkpoint, or give the state another name to begin it empty.',
    details: { changes: [`key was ${formatLayout(was)} and is ${formatLayout(is)}`] },
  })
}

function schemaChanged(written: CodecForm, version: number, changes: readonly string[]): SluiceError {
  const isRaised = version > written.version
  return new SluiceError(
    'STATE_SCHEMA_CHANGED',
    isRaised
      ? `version ${version} cannot read version ${written.version} without migrate: ${changes.join('; ')}`
      : `its schema has changed and its version has not (${version}): ${changes.join('; ')}`,
    {
      fix: isRaised
        ? 'Give migrate(value, fromVersion), or go back to the schema that wrote the checkpoint.'
        : `Raise version to ${version + 1} and give migrate(value, fromVersion), or go back to the schema that wrote the checkpoint.`,
      details: { version, writtenVersion: written.version, changes },
    },
  )
}

function migrateFailed(value: unknown, fromVersion: number, version: number, cause: unknown): SluiceError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new SluiceError(
    'STATE_MIGRATE_FAILED',
    `migrate from version ${fromVersion} to ${version} failed on ${describeValue(value)}: ${message}`,
    {
      cause,
      fix: 'Let migrate take every value that the version wrote. The checkpoint is as it was: correct the job and submit it again.',
      details: { fromVersion, version, value: describeValue(value) },
    },
  )
}
