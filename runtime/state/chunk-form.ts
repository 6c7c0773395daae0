/**
 * The bytes of a state chunk, whichever backend wrote it. Part of the checkpoint format.
 *
 * ```text
 * chunk     = section …                          key groups ascending
 * section   = varint keyGroup
 *             float64 namespace
 *             varint n                           1 or more
 *             n × (key, value)                   key as in topology/codec/key-bytes.ts, value as its codec writes it
 * ```
 *
 * A namespace of a key group may have several sections, and a key group's sections may lie in two chunks.
 */
import { BufferReader } from '../../topology/codec/buffer-reader.ts'
import { BufferWriter } from '../../topology/codec/buffer-writer.ts'
import type { StateChunk } from '../../topology/contract/stage.ts'
import type { CodecForm, ValueCodec } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'
import { isSluiceError, SluiceError } from '../../topology/errors.ts'

/** Which state a chunk belongs to. */
interface StateIdentity<V> {
  readonly uid: string
  readonly name: string
  readonly codec: ValueCodec<V>
}

/** Fills one chunk after the other. */
export class ChunkWriter {
  private readonly writer = new BufferWriter(64 * 1024)
  private firstKeyGroup = 0
  private lastKeyGroup = 0
  private entries = 0

  get sizeBytes(): number {
    return this.writer.length
  }

  /** Writes the next `count` of `entries` as a section. @throws {SluiceError} `STATE_ENCODE_FAILED` */
  section<V>(
    state: StateIdentity<V>,
    keyGroup: number,
    namespace: number,
    count: number,
    entries: Iterator<[Key, V]>,
  ): void {
    const { writer } = this
    const { codec } = state
    this.begin(keyGroup, namespace, count)
    let current: Key | undefined
    try {
      for (let left = count; left > 0; left--) {
        const [key, value] = entries.next().value as [Key, V]
        current = key
        writer.key(key)
        codec.write(writer, value)
      }
    } catch (error) {
      throw encodeFailed(state, current, error)
    }
  }

  /** A section of `count` entries whose bytes are at hand. */
  encodedSection(keyGroup: number, namespace: number, count: number, entries: Uint8Array): void {
    this.begin(keyGroup, namespace, count)
    this.writer.append(entries)
  }

  private begin(keyGroup: number, namespace: number, count: number): void {
    const { writer } = this
    if (this.entries === 0) this.firstKeyGroup = keyGroup
    this.lastKeyGroup = keyGroup
    this.entries += count
    writer.varint(keyGroup)
    writer.float64(namespace)
    writer.varint(count)
  }

  /** The chunk that was filled, or undefined when it is empty; the next one begins. */
  take(state: StateIdentity<any>): StateChunk | undefined {
    if (this.entries === 0) return undefined
    const { firstKeyGroup, lastKeyGroup, entries } = this
    const codec = formOf(state.codec)
    this.entries = 0
    return { uid: state.uid, state: state.name, codec, firstKeyGroup, lastKeyGroup, entries, bytes: this.writer.take() }
  }
}

/**
 * Calls `put` with every entry of a chunk.
 *
 * @throws {SluiceError} `STATE_CODEC_MISMATCH`, `STATE_CORRUPT`, and what the codec has to say of a form that it can't read
 * or a value that it can't take over: all of them naming operator and state.
 */
export function readChunk<V>(
  state: StateIdentity<V>,
  chunk: StateChunk,
  put: (namespace: number, keyGroup: number, key: Key, value: V) => void,
): void {
  const read = valueReader(state, chunk.codec)
  const reader = new BufferReader(chunk.bytes)
  let entries = 0
  let key: Key | undefined
  try {
    while (!reader.atEnd) {
      const keyGroup = reader.varint()
      const namespace = reader.float64()
      const count = reader.varint()
      if (keyGroup < chunk.firstKeyGroup || keyGroup > chunk.lastKeyGroup) throw new RangeError(`key group ${keyGroup}`)
      for (let left = count; left > 0; left--) {
        key = reader.key()
        put(namespace, keyGroup, key, read(reader))
      }
      entries += count
    }
  } catch (error) {
    if (isSluiceError(error) && error.code !== 'STATE_CORRUPT') throw inState(state, error, key)
    throw corrupt(chunk, error instanceof Error ? error.message : String(error), error)
  }
  if (entries !== chunk.entries) throw corrupt(chunk, `${chunk.entries} entries were written and ${entries} found`)
}

function formOf({ name, version, layout }: CodecForm): CodecForm {
  return layout === undefined ? { name, version } : { name, version, layout }
}

/** How a state reads values that were written in a form: its codec's own, or an earlier one. */
function valueReader<V>(state: StateIdentity<V>, written: CodecForm): (reader: BufferReader) => V {
  const { codec } = state
  // As text, since the order of a layout's fields is that of the bytes.
  if (JSON.stringify(formOf(written)) === JSON.stringify(formOf(codec))) return (reader) => codec.read(reader)
  if (written.name !== codec.name || written.version > codec.version || codec.readerOf === undefined) {
    throw codecMismatch(state, written)
  }
  try {
    return codec.readerOf(written)
  } catch (error) {
    throw isSluiceError(error) ? inState(state, error) : error
  }
}

function codecMismatch(state: StateIdentity<any>, form: CodecForm): SluiceError {
  const [written, declared] = [form, state.codec].map(({ name, version }) => `${name} version ${version}`)
  const isLater = form.name === state.codec.name && form.version > state.codec.version
  return new SluiceError(
    'STATE_CODEC_MISMATCH',
    `state ${state.name} of ${state.uid} was written as ${written} and is now declared as ${declared}`,
    {
      fix: isLater
        ? 'Run the job that wrote the checkpoint, or a later one; or restore a savepoint from before the version was raised.'
        : 'Go back to the job that wrote the checkpoint, or give the changed operator a name of its own to begin it empty.',
      details: { uid: state.uid, state: state.name, written, declared },
    },
  )
}

/** What a codec said, with the place it could not know. */
function inState({ uid, name }: StateIdentity<any>, error: SluiceError, key?: Key): SluiceError {
  const at = key === undefined ? `state ${name} of ${uid}` : `state ${name} of ${uid}, key ${String(key)}`
  return new SluiceError(error.code, `${at}: ${error.message}`, {
    ...(error.fix !== undefined && { fix: error.fix }),
    cause: error.cause,
    details: { ...error.details, uid, state: name, ...(key !== undefined && { key: String(key) }) },
  })
}

function corrupt(chunk: StateChunk, what: string, cause?: unknown): SluiceError {
  const where = `state ${chunk.state} of ${chunk.uid}, key groups ${chunk.firstKeyGroup}–${chunk.lastKeyGroup}`
  return new SluiceError('STATE_CORRUPT', `${where}: ${what}`, {
    cause,
    fix: 'Restore an older checkpoint or savepoint.',
    details: { uid: chunk.uid, state: chunk.state },
  })
}

/** A value that its codec cannot write. */
export function encodeFailed(state: StateIdentity<any>, key: Key | undefined, cause: unknown): SluiceError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new SluiceError(
    'STATE_ENCODE_FAILED',
    `state ${state.name} of ${state.uid}, key ${String(key)}, cannot be written as ${state.codec.name}: ${message}`,
    { cause, details: { uid: state.uid, state: state.name, key: String(key) } },
  )
}
