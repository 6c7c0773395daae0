/**
 * Broadcast state: a map that is the same in every subtask, since each is told the same records.
 *
 * It is split state, which every subtask is given whole at a restore. One subtask writes it for all:
 *
 * ```text
 * form       the name, version and layout of the values
 * entries    base64 of: varint n, then n times key, value
 * ```
 */
import { BufferReader, BufferWriter } from '../../../topology/codec/index.ts'
import type { OperatorContext } from '../../../topology/contract/operator.ts'
import type { CodecForm } from '../../../topology/contract/state.ts'
import type { Key } from '../../../topology/element.ts'
import { isSluiceError, SluiceError } from '../../../topology/errors.ts'
import type { Json } from '../../../topology/json.ts'
import type { Immutable } from '../../../topology/state/immutable.ts'
import type { MapState, MapStateDescriptor } from '../../../topology/state/map-state.ts'
import { accepted } from '../state/accepted.ts'

export class BroadcastMap<K, V> implements MapState<K, V> {
  /** Whether a record of the broadcast stream is at hand. */
  isWritable = false
  private readonly uid: string
  private readonly descriptor: MapStateDescriptor<K, V>
  private readonly map: Map<K & Key, V>
  /** As a checkpoint holds it; undefined when that is to be made again. */
  private written: ReadonlyMap<string, Json> | undefined

  constructor(context: OperatorContext, descriptor: MapStateDescriptor<K, V>) {
    this.uid = context.uid
    this.descriptor = descriptor
    const state = context.state.split(`broadcast:${descriptor.name}`)
    this.map = this.restored(state.restored)
    const nothing = new Map<string, Json>()
    state.onSnapshot(() => (context.subtask === 0 ? this.entriesWritten() : nothing))
  }

  get(key: K): Immutable<V> | undefined {
    return this.map.get(this.acceptedKey(key)) as Immutable<V> | undefined
  }

  set(key: K, value: Immutable<V>): void {
    const { name, codec } = this.descriptor
    const inner = this.acceptedKey(key)
    this.changing().set(inner, accepted(name, codec.accept, value))
  }

  has(key: K): boolean {
    return this.map.has(this.acceptedKey(key))
  }

  delete(key: K): boolean {
    return this.changing().delete(this.acceptedKey(key))
  }

  keys(): IterableIterator<K> {
    return this.map.keys()
  }

  entries(): IterableIterator<[key: K, value: Immutable<V>]> {
    return this.map.entries() as IterableIterator<[key: K, value: Immutable<V>]>
  }

  get size(): number {
    return this.map.size
  }

  clear(): void {
    this.changing().clear()
  }

  private changing(): Map<K & Key, V> {
    if (!this.isWritable) {
      const { name } = this.descriptor
      throw new SluiceError(
        'BROADCAST_READ_ONLY',
        `${this.uid}: broadcast state ${name} is changed outside of onBroadcast, in one subtask of many`,
        { fix: 'Change it in onBroadcast, before that returns.', details: { uid: this.uid, state: name } },
      )
    }
    this.written = undefined
    return this.map
  }

  private acceptedKey(key: K): K & Key {
    return accepted(this.descriptor.name, this.descriptor.acceptKey, key)
  }

  private entriesWritten(): ReadonlyMap<string, Json> {
    if (this.written !== undefined) return this.written
    const { name, version, layout } = this.descriptor.codec
    const writer = new BufferWriter()
    writer.varint(this.map.size)
    for (const [key, value] of this.map) {
      writer.key(key)
      this.descriptor.codec.write(writer, value)
    }
    const entries = Buffer.from(writer.take()).toString('base64')
    this.written = new Map<string, Json>([
      ['form', { name, version, layout: layout! }],
      ['entries', entries],
    ])
    return this.written
  }

  private restored(written: ReadonlyMap<string, Json>): Map<K & Key, V> {
    const map = new Map<K & Key, V>()
    const entries = written.get('entries')
    if (entries === undefined) return map
    const read = this.reader(written.get('form') as unknown as CodecForm)
    const reader = new BufferReader(Buffer.from(entries as string, 'base64'))
    for (let left = reader.varint(); left > 0; left--) map.set(reader.key() as K & Key, read(reader))
    return map
  }

  private reader(form: CodecForm): (reader: BufferReader) => V {
    const { name, codec } = this.descriptor
    const details = { uid: this.uid, state: name }
    if (form.version > codec.version) {
      throw new SluiceError(
        'STATE_CODEC_MISMATCH',
        `broadcast state ${name} of ${this.uid} was written as version ${form.version} and is now declared as version ${codec.version}`,
        { fix: 'Run the job that wrote the checkpoint, or a later one.', details },
      )
    }
    try {
      return codec.readerOf!(form)
    } catch (error) {
      if (!isSluiceError(error)) throw error
      const { code, message, fix } = error
      throw new SluiceError(code, `broadcast state ${name} of ${this.uid}: ${message}`, {
        ...(fix !== undefined && { fix }),
        details: { ...error.details, ...details },
        cause: error,
      })
    }
  }
}
