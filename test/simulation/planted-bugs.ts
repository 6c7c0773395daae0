/** Bugs that each break one promise of the protocol: planted into the production classes for a test, and taken out again. */
import { committedProperty, type SinkName } from '../../connectors/iceberg/commit/committed-state.ts'
import { IcebergCommitter } from '../../connectors/iceberg/commit/iceberg-committer.ts'
import { memoryFiles } from '../../connectors/memory/memory-files.ts'
import { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import { Journal } from '../../runtime/checkpoint/journal.ts'
import { writeState } from '../../runtime/checkpoint/state-file.ts'
import { Committers } from '../../runtime/coordinator/committers.ts'
import { ChainStage } from '../../runtime/worker/chain-stage.ts'

/** Plants it; disposing takes it out. */
export const PLANTED_BUGS: Readonly<Record<string, () => Disposable>> = {
  'a task acknowledges before its snapshot is durable': () =>
    patched(
      ChainStage.prototype,
      'open',
      (open) =>
        function (host, restore) {
          const hasty: typeof host = {
            ...host,
            store: (chunk, checkpointId) => {
              host.store(chunk, checkpointId).catch(() => {})
              return writeState(memoryFiles(), '', host.epoch, chunk)
            },
          }
          return open.call(this, hasty, restore)
        },
    ),

  'a checkpoint is committed before it is complete': () => {
    const byEpoch = new Map<bigint, Committers>()
    const fence = patched(
      Committers.prototype,
      'fence',
      (original) =>
        function (options) {
          byEpoch.set(options.epoch, this)
          return original.call(this, options)
        },
    )
    const complete = patched(
      CheckpointStore.prototype,
      'complete',
      (original) =>
        async function (manifest) {
          await byEpoch.get(manifest.epoch)!.commit(manifest, manifest.epoch)
          return original.call(this, manifest)
        },
    )
    return together(fence, complete)
  },

  'the journal does not check the epoch': () =>
    patched(
      Journal.prototype,
      'append',
      (append) =>
        function (base, change) {
          const { files } = this as unknown as JournalInside
          const create = async (location: string, bytes: Uint8Array) => {
            await files.write(location, bytes)
            return true
          }
          return append.call(Object.assign(Object.create(this), { files: { ...files, create } }), base, change)
        },
    ),

  'the committer does not check the epoch': () =>
    together(
      patched(
        IcebergCommitter.prototype,
        'fence',
        (fence) =>
          function (request) {
            return fence.call(blindFor(this, request.epoch), request)
          },
      ),
      patched(
        IcebergCommitter.prototype,
        'commit',
        (commit) =>
          function (request) {
            return commit.call(blindFor(this, request.epoch), request)
          },
      ),
    ),
}

/** The committer, which does not see that an attempt after its own has been at a table. */
function blindFor(committer: IcebergCommitter, epoch: bigint): IcebergCommitter {
  const { catalog, context } = committer as unknown as CommitterInside
  const property = committedProperty(context)
  const load: typeof catalog.load = async (name) => {
    const table = await catalog.load(name)
    const state = table?.metadata.properties?.[property]
    if (table === undefined || state === undefined || BigInt(Number.parseInt(state, 10)) <= epoch) return table
    const properties = { ...table.metadata.properties, [property]: state.replace(/^\d+/, String(epoch)) }
    return { ...table, metadata: { ...table.metadata, properties } }
  }
  return Object.assign(Object.create(committer), { catalog: { ...catalog, load } })
}

interface JournalInside {
  readonly files: ReturnType<typeof memoryFiles>
}

interface CommitterInside {
  readonly catalog: ConstructorParameters<typeof IcebergCommitter>[1]['catalog']
  readonly context: SinkName
}

type Method<T, K extends keyof T> = T[K] extends (...args: infer A) => infer R ? (this: T, ...args: A) => R : never

function patched<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  replace: (original: Method<T, K>) => Method<T, K>,
): Disposable {
  const original = prototype[name]
  prototype[name] = replace(original as Method<T, K>) as T[K]
  return {
    [Symbol.dispose]() {
      prototype[name] = original
    },
  }
}

function together(...parts: readonly Disposable[]): Disposable {
  const stack = new DisposableStack()
  for (const part of parts) stack.use(part)
  return stack
}
