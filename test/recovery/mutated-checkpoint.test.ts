/**
 * Checkpoint files that a disk, a copy or a person has damaged: whatever is damaged how, a restore begins from a checkpoint
 * as it was written, or is refused.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MemoryFiles, memoryFiles } from '../../connectors/memory/memory-files.ts'
import { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import type { Manifest } from '../../runtime/checkpoint/manifest.ts'
import { isSluiceError } from '../../topology/errors.ts'
import { type Committed, fixtureJob, sales } from '../fixtures/checkpoints/job.ts'
import { ROOT, STEPS } from '../fixtures/checkpoints/restore.ts'
import { runInMemory, startInMemory } from '../support/run-in-memory.ts'
import { FRESH_SEED, runs } from '../support/scale.ts'
import { recordingLogger } from '../support/silent.ts'

type Files = ReadonlyMap<string, Uint8Array>

/** A checkpoint with all that it names. */
interface Content {
  readonly manifest: Manifest
  readonly chunks: readonly string[]
  /** Names of the files that it consists of. */
  readonly files: readonly string[]
}

const written = await writeCheckpoints()
const names = [...written.keys()]
const known = await contentsOf(written)

/** The last checkpoint of one attempt; two checkpoints and a savepoint of the next, which share what does not change. */
async function writeCheckpoints(): Promise<Files> {
  const files = memoryFiles()
  const committed: Committed = {}
  await runInMemory(fixtureJob(sales(60), committed), { ...STEPS, files, parallelism: 3 })
  const next = await startInMemory(fixtureJob(sales(70), committed), { files, parallelism: 3, until: 'stopped' })
  for (let taken = 0; taken < 2; taken++) await next.trigger('checkpoint')
  await next.stop()
  return files.contents
}

/** All checkpoints that the store keeps, oldest first. */
async function contentsOf(files: Files): Promise<Content[]> {
  const store = storeOf(files)
  return Promise.all(
    (await store.list()).map(async ({ manifest, sha256 }) =>
      contentOf(store, await store.contents.manifest(`${ROOT}/${manifest}`, sha256), `${ROOT}/${manifest}`),
    ),
  )
}

async function contentOf(store: CheckpointStore, manifest: Manifest, location: string): Promise<Content> {
  const chunks = await Promise.all(manifest.keyed.map((reference) => store.contents.load(reference)))
  return {
    manifest,
    chunks: chunks.map(({ bytes, ...description }) => JSON.stringify({ ...description, bytes: [...bytes] })),
    files: [location, ...manifest.keyed.map(({ file }) => `${ROOT}/${file}`)],
  }
}

function storeOf(contents: Files): CheckpointStore {
  const files: MemoryFiles = memoryFiles()
  for (const [name, bytes] of contents) files.contents.set(name, new Uint8Array(bytes))
  return new CheckpointStore({ files, root: ROOT, logger: recordingLogger() })
}

/** What the next attempt would begin from; undefined when it is refused. */
async function restored(files: Files): Promise<Content | undefined> {
  const store = storeOf(files)
  try {
    await store.openEpoch()
    const { manifest, location } = (await store.latest())!
    return await contentOf(store, manifest, location)
  } catch (error) {
    if (isSluiceError(error, 'CHECKPOINT_CORRUPT')) return undefined
    throw error
  }
}

/** One file made into something else, or two exchanged. */
interface Mutation {
  readonly what: string
  readonly file: string
  apply(files: Map<string, Uint8Array>): void
}

const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

function change(what: string, make: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array>): fc.Arbitrary<Mutation> {
  return fc.record({ file: fc.constantFrom(...names), changed: make }).map(({ file, changed }) => ({
    what,
    file,
    apply: (files) => void files.set(file, changed(files.get(file)!)),
  }))
}

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 4,
    arbitrary: change('bits flipped', fc.uniqueArray(position, { minLength: 1, maxLength: 8 }).map(flipped)),
  },
  {
    weight: 2,
    arbitrary: change(
      'truncated',
      position.map((share) => (bytes) => bytes.subarray(0, share * bytes.length)),
    ),
  },
  {
    weight: 2,
    arbitrary: change(
      'torn: the rest is zeros',
      position.map((share) => (bytes) => new Uint8Array(bytes).fill(0, share * bytes.length)),
    ),
  },
  {
    weight: 2,
    arbitrary: change(
      'torn: the rest is something else',
      fc
        .tuple(position, fc.uint8Array({ minLength: 1, maxLength: 4_096 }))
        .map(([share, rest]) => (bytes: Uint8Array) => {
          const kept = bytes.subarray(0, share * bytes.length)
          return Uint8Array.from({ length: bytes.length }, (_, at) => kept[at] ?? rest[at % rest.length]!)
        }),
    ),
  },
  {
    weight: 1,
    arbitrary: change(
      'empty',
      fc.constant(() => new Uint8Array()),
    ),
  },
  {
    weight: 1,
    arbitrary: change(
      'bytes appended',
      fc
        .uint8Array({ minLength: 1, maxLength: 100 })
        .map((more) => (bytes: Uint8Array) => Buffer.concat([bytes, more])),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...names).chain((file) =>
      fc.constantFrom(...names.filter((name) => kindOf(name) === kindOf(file))).map((other) => ({
        what: `exchanged with ${other}`,
        file,
        apply(files: Map<string, Uint8Array>) {
          const bytes = files.get(file)!
          files.set(file, files.get(other)!)
          files.set(other, bytes)
        },
      })),
    ),
  },
)

function flipped(positions: readonly number[]) {
  return (bytes: Uint8Array) => {
    const copy = new Uint8Array(bytes)
    for (const share of positions) copy[Math.floor(share * copy.length)]! ^= 1 << (Math.floor(share * 1e6) % 8)
    return copy
  }
}

function kindOf(file: string): string {
  return file.slice(file.lastIndexOf('.'))
}

/** The checkpoint that a store damaged so must restore; undefined: none. */
function expected(files: Files): Content | undefined {
  const isSound = (name: string) => Buffer.compare(files.get(name)!, written.get(name)!) === 0
  const record = journals.findLast(isSound)
  const listed = record === undefined ? [] : checkpointsIn(written.get(record)!)
  return known.findLast(({ manifest, files }) => listed.includes(String(manifest.checkpointId)) && files.every(isSound))
}

const journals = names.filter((name) => kindOf(name) === '.journal').sort()

/** Ids of the checkpoints that a record of the journal names. */
function checkpointsIn(record: Uint8Array): readonly string[] {
  const body = JSON.parse(Buffer.from(record).toString().split('\n')[1]!) as { checkpoints: readonly { id: string }[] }
  return body.checkpoints.map(({ id }) => id)
}

describe(`a store of ${known.length} checkpoints (seed ${FRESH_SEED})`, () => {
  it('has state in many chunks, some of which checkpoints share', () => {
    expect(known.map(({ manifest }) => manifest.kind)).toEqual(['checkpoint', 'checkpoint', 'checkpoint', 'savepoint'])
    expect(new Set(known.map(({ manifest }) => manifest.epoch)).size).toBe(2)
    for (const { chunks } of known) expect(chunks.length).toBeGreaterThan(5)
    const shared = known[2]!.files.filter((name) => known[3]!.files.includes(name))
    expect(shared.length).toBeGreaterThan(0)
  })

  it('restores the newest while nothing is damaged', async () => {
    expect(await restored(written)).toEqual(known.at(-1))
  })

  it('is not taken for one of a job that never ran, when the only sound record is older than any checkpoint', async () => {
    const files = new Map(written)
    for (const name of journals.slice(1)) files.set(name, new Uint8Array())
    expect(checkpointsIn(written.get(journals[0]!)!)).toEqual([])
    expect(await restored(files)).toBeUndefined()
  })

  it('restores the newest that is sound as it was written, or none, whatever is damaged how', async () => {
    const outcomes = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
        const files = new Map(written)
        for (const each of mutations) each.apply(files)
        const content = await restored(files)
        expect(content?.manifest.checkpointId).toBe(expected(files)?.manifest.checkpointId)
        expect(content).toEqual(expected(files))
        const outcome = content === undefined ? 'none' : String(content.manifest.checkpointId)
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }),
      runs(10_000, 1_000),
    )
    const counts = [...outcomes].sort().map(([outcome, count]) => `${outcome}: ${count}`)
    console.info(`restored after damage, by checkpoint: ${counts.join(', ')}`)
  })
})
