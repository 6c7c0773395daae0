/** The checkpoint store: epochs fence, damage is refused and the checkpoint before it used, retention keeps what is needed. */
import { describe, expect, it } from 'vitest'
import { type MemoryFiles, memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { CheckpointStore } from '../../../runtime/checkpoint/checkpoint-store.ts'
import { flip, stateOf, take } from '../../support/checkpoints.ts'
import { type RecordedLog, recordingLogger } from '../../support/silent.ts'

const root = 'memory:///checkpoints/job'

function open(files: MemoryFiles, log: RecordedLog[] = [], retained = 3) {
  return new CheckpointStore({ files, root, retained, logger: recordingLogger(log) })
}

describe('a first start', () => {
  it('begins at epoch 1 with nothing to restore', async () => {
    const store = open(memoryFiles())
    expect(await store.openEpoch()).toBe(1n)
    expect(await store.latest()).toBeUndefined()
  })
})

describe('a complete checkpoint', () => {
  it('is what the next attempt restores, bit for bit', async () => {
    const files = memoryFiles()
    const first = open(files)
    await first.openEpoch()
    await take(first, 'one')
    await take(first, 'two')
    const next = open(files)
    expect(await next.openEpoch()).toBe(2n)
    const point = await next.latest()
    expect(point?.manifest).toMatchObject({ epoch: 1n, checkpointId: 2n })
    expect(point?.manifest.sources['source']?.[0]?.position).toBe('9007199254740993')
    expect(await stateOf(next)).toBe('two')
  })

  it('shares unchanged state with the one before it', async () => {
    const files = memoryFiles()
    const store = open(files)
    await store.openEpoch()
    await take(store, 'same')
    const before = files.contents.size
    await take(store, 'same')
    // A manifest and a journal record, no state file.
    expect(files.contents.size - before).toBe(2)
  })
})

describe('epochs', () => {
  it('tell an older attempt why the checkpoint that it restores has gone: retired, not damaged', async () => {
    const files = memoryFiles()
    const first = open(files)
    await first.openEpoch()
    await take(first, 'one')
    const zombie = open(files)
    await zombie.openEpoch()
    const successor = open(files, [], 1)
    await successor.openEpoch()
    await take(successor, 'two')
    await expect(zombie.latest()).rejects.toMatchObject({ code: 'FENCED' })
  })

  it('keep an older attempt from completing a checkpoint, whenever it tries', async () => {
    const files = memoryFiles()
    const zombie = open(files)
    await zombie.openEpoch()
    await take(zombie, 'old')
    const successor = open(files)
    await successor.openEpoch()
    await expect(take(zombie, 'zombie')).rejects.toMatchObject({ code: 'FENCED' })
    for (let n = 0; n < 40; n++) await take(successor, `new ${n}`)
    await expect(take(zombie, 'zombie again')).rejects.toMatchObject({ code: 'FENCED' })
    expect(await stateOf(successor)).toBe('new 39')
  })

  it('follow one another at one coordinator, until another has taken over: that is not taken back', async () => {
    const files = memoryFiles()
    const zombie = open(files)
    expect(await zombie.openEpoch()).toBe(1n)
    await take(zombie, 'old')
    expect(await zombie.openEpoch()).toBe(2n)
    const successor = open(files)
    expect(await successor.openEpoch()).toBe(3n)
    await expect(zombie.openEpoch()).rejects.toMatchObject({ code: 'FENCED' })
    await take(successor, 'new')
    await expect(zombie.openEpoch()).rejects.toMatchObject({ code: 'FENCED' })
    expect(await successor.openEpoch()).toBe(4n)
  })

  it('are known for its own by the coordinator that took them, also when the reply was lost', async () => {
    const files = memoryFiles()
    let lost = 0
    const unreliable = open({
      ...files,
      async create(...file) {
        const created = await files.create(...file)
        if (lost-- > 0) throw new Error('the reply was lost')
        return created
      },
    })
    await unreliable.openEpoch()
    lost = 1
    await expect(unreliable.openEpoch()).rejects.toThrow('the reply was lost')
    expect(await unreliable.openEpoch()).toBe(3n)
  })

  it('are never given twice, also when two attempts start at once', async () => {
    const files = memoryFiles()
    const epochs = await Promise.all(Array.from({ length: 8 }, () => open(files).openEpoch()))
    expect(new Set(epochs).size).toBe(8)
  })

  it('are not taken in the place of a record that was trimmed while the attempt stood still', async () => {
    const files = memoryFiles()
    const running = open(files)
    await running.openEpoch()
    const { promise: stall, resolve: goOn } = Promise.withResolvers<void>()
    const slow = open({ ...files, create: (...file) => stall.then(() => files.create(...file)) })
    const opened = slow.openEpoch()
    for (let n = 0; n < 20; n++) await take(running, `state ${n}`)
    goOn()
    await opened
    expect(await stateOf(slow)).toBe('state 19')
    await expect(take(running, 'fenced')).rejects.toMatchObject({ code: 'FENCED' })
    await take(slow, 'of the newer attempt')
    const next = open(files)
    await next.openEpoch()
    expect(await stateOf(next)).toBe('of the newer attempt')
  })
})

describe('retention', () => {
  it('keeps the newest checkpoints and every savepoint, and what they share', async () => {
    const files = memoryFiles()
    const store = open(files, [], 2)
    await store.openEpoch()
    await take(store, 'a', 'savepoint')
    for (const state of ['b', 'c', 'b', 'd']) await take(store, state)
    expect((await store.list()).map((entry) => entry.id)).toEqual([1n, 4n, 5n])
    for (const { manifest: name } of await store.list()) {
      const point = await store.at(`${root}/${name}`, 'job')
      expect(point.manifest.keyed).toHaveLength(1)
    }
    const states = [...files.contents.keys()].filter((name) => name.includes('/state/'))
    expect(states).toHaveLength(3)
    const journal = [...files.contents.keys()].filter((name) => name.includes('/journal/'))
    expect(journal.length).toBeLessThanOrEqual(10)
  })

  it('goes on when a user has deleted a savepoint', async () => {
    const files = memoryFiles()
    const store = open(files, [], 1)
    await store.openEpoch()
    await files.delete(await take(store, 'saved', 'savepoint'))
    for (const state of ['a', 'b', 'c']) await take(store, state)
    const states = [...files.contents.keys()].filter((name) => name.includes('/state/'))
    // That of the newest checkpoint, and what the savepoint left behind.
    expect(states).toHaveLength(2)
  })
})

describe('damage', () => {
  it.each([
    ['one flipped bit', (bytes: Uint8Array) => flip(bytes, bytes.length - 3)],
    ['one flipped bit in the header', (bytes: Uint8Array) => flip(bytes, 3)],
    ['a cut end', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1)],
    ['nothing left', () => new Uint8Array()],
  ])(
    'of a state file or a manifest (%s) is refused and said; the checkpoint before it is used',
    async (_name, damage) => {
      for (const kind of ['/state/', '/manifests/']) {
        const files = memoryFiles()
        const first = open(files)
        await first.openEpoch()
        await take(first, 'good')
        const known = new Set(files.contents.keys())
        await take(first, 'damaged')
        const victim = [...files.contents.keys()].find((name) => name.includes(kind) && !known.has(name))!
        files.contents.set(victim, damage(files.contents.get(victim)!))
        const log: RecordedLog[] = []
        const next = open(files, log)
        await next.openEpoch()
        expect(await stateOf(next)).toBe('good')
        expect(log.some((line) => line.level === 'warn' && line.message.includes('checkpoint 2'))).toBe(true)
        await take(next, 'after')
        expect((await next.list()).at(-1)?.id).toBe(3n)
      }
    },
  )

  it('of the last journal record goes back one record and never repeats an epoch or an id', async () => {
    const files = memoryFiles()
    const first = open(files)
    await first.openEpoch()
    await take(first, 'one')
    await take(first, 'two')
    const last = [...files.contents.keys()]
      .filter((name) => name.includes('/journal/'))
      .sort()
      .at(-1)!
    files.contents.set(last, flip(files.contents.get(last)!, 120))
    const next = open(files)
    expect(await next.openEpoch()).toBeGreaterThan(1n)
    expect(await stateOf(next)).toBe('one')
    await take(next, 'three')
    expect((await next.list()).at(-1)?.id).toBeGreaterThan(2n)
  })

  it('of everything is said so, with what to do', async () => {
    const files = memoryFiles()
    const first = open(files)
    await first.openEpoch()
    await take(first, 'one')
    for (const name of files.contents.keys()) if (name.includes('/state/')) files.contents.set(name, new Uint8Array())
    const next = open(files)
    await next.openEpoch()
    await expect(next.latest()).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      fix: expect.stringContaining('--from-savepoint'),
    })
  })
})

describe('what older attempts have left behind', () => {
  const states = (files: MemoryFiles) => [...files.contents.keys()].filter((location) => location.includes('/state/'))
  const chunk = (text: string) => ({
    uid: 'count',
    state: 'totals',
    codec: { name: 'string', version: 1 },
    firstKeyGroup: 0,
    lastKeyGroup: 127,
    entries: 1,
    bytes: Buffer.from(text),
  })

  it('goes with the first checkpoint of the next, but for what a manifest names', async () => {
    const files = memoryFiles()
    const first = open(files)
    await first.openEpoch()
    await take(first, 'kept', 'savepoint')
    await first.contents.store(first.epoch, chunk('of a checkpoint that was never complete'))
    const second = open(files)
    const newer = open(files)
    await second.openEpoch()
    await newer.contents.store(3n, chunk('of a newer attempt'))
    await take(second, 'own')
    expect(states(files).length).toBe(3)
    expect((await second.at(`${root}/manifests/1-1.manifest`, 'job')).manifest.kind).toBe('savepoint')
  })

  it('stays as long as a damaged manifest might name it', async () => {
    const files = memoryFiles()
    const first = open(files)
    await first.openEpoch()
    const manifest = await take(first, 'one', 'savepoint')
    await first.contents.store(first.epoch, chunk('nobody knows'))
    files.contents.set(manifest, flip(files.contents.get(manifest)!, 300))
    const second = open(files)
    await second.openEpoch()
    await take(second, 'two')
    expect(states(files).length).toBe(3)
  })
})

describe('an older savepoint that is restored', () => {
  it('is what the next attempt begins from, wherever the copy that was named lies', async () => {
    const files = memoryFiles()
    const first = open(files)
    await first.openEpoch()
    const location = await take(first, 'savepoint', 'savepoint')
    await take(first, 'later')
    const copy = 'memory:///backup/of.manifest'
    await files.create(copy, await files.read(location))
    const second = open(files)
    await second.openEpoch()
    await second.adopt(await second.at(copy, 'job'))
    const third = open(files)
    await third.openEpoch()
    expect(await stateOf(third)).toBe('savepoint')
  })
})
