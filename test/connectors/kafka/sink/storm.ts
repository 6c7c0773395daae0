/** A job that writes numbers into a topic while everything befalls it, and what is in the topic in the end. */
import { KafkaSink } from '../../../../connectors/kafka/sink/sink.ts'
import { memoryFiles } from '../../../../connectors/memory/memory-files.ts'
import type { CommitRequest, Committable } from '../../../../topology/contract/sink.ts'
import { Batch } from '../../../../topology/element.ts'
import { isSluiceError, SluiceError } from '../../../../topology/errors.ts'
import { recordingLogger, silentMetrics } from '../../../support/silent.ts'
import { bytes, MARKERS, request, TOPIC, text } from './setup.ts'
import { Killed, type StormProcess, StormWorld } from './storm-world.ts'

export interface StormOutcome {
  readonly counts: Readonly<Record<string, number>>
  readonly violations: readonly string[]
}

/** What the checkpoint store holds: the last complete checkpoint, and whose turn it is. */
interface Store {
  epoch: bigint
  lastCheckpointId: bigint
  restored: { readonly request: CommitRequest; readonly position: number } | undefined
}

interface Attempt {
  readonly process: StormProcess
  state: 'running' | 'finished' | 'failed'
}

const KEYS = 5
/** From then on nothing goes wrong any more … */
const MAX_ATTEMPTS = 12
/** … and some that had begun may still fail. */
const MANY_ATTEMPTS = 60

export async function storm(seed: number): Promise<StormOutcome> {
  const world = new StormWorld(seed)
  return new Storm(world).run()
}

class Storm {
  private readonly world: StormWorld
  private readonly files = memoryFiles()
  private readonly store: Store = { epoch: 0n, lastCheckpointId: 0n, restored: undefined }
  private readonly attempts: Attempt[] = []
  private readonly violations: string[] = []
  private readonly records: number

  constructor(world: StormWorld) {
    this.world = world
    this.records = world.between(20, 80)
    world.kafka.createTopic(TOPIC, world.between(1, 6), { 'max.message.bytes': String(world.between(200, 800)) })
  }

  async run(): Promise<StormOutcome> {
    const { world } = this
    this.begin()
    try {
      await world.run(
        () =>
          this.attempts.every(({ state, process }) => state !== 'running' || process.state === 'dead') && this.isDone,
        () => this.strike(),
      )
    } catch (error) {
      this.violations.push(String(error))
    }
    this.check()
    world.counts['transaction timed out'] = world.kafka.transactions.timedOut
    return { counts: world.counts, violations: this.violations }
  }

  private get isDone(): boolean {
    return this.attempts.at(-1)!.state === 'finished'
  }

  /** Between any two steps: sometimes somebody is killed, stopped or let go on. */
  private strike(): void {
    const { world, attempts } = this
    const { process, state } = attempts.at(-1)!
    if (attempts.length > MANY_ATTEMPTS) throw new Error('one attempt after the other fails')
    if (state === 'failed' || process.state === 'dead') this.begin()
    if (attempts.length >= MAX_ATTEMPTS) world.isCalm = true
    if (world.isCalm || this.isDone) {
      for (const each of world.processes) world.resume(each)
      return
    }
    if (world.chance(0.003)) this.kill(process)
    if (world.chance(0.003)) {
      world.count('stopped')
      world.stop(process)
      // Nobody knows whether it will go on: another takes its place.
      this.begin()
    }
    if (world.chance(0.02)) world.resume(world.processes[world.between(0, world.processes.length - 1)]!)
    if (world.chance(0.01)) this.compact()
    // While requests are on their way: transactions last too long.
    if (world.chance(0.03)) world.clock.advance(world.between(100, 20_000))
    if (world.chance(0.002)) this.addPartition()
  }

  private kill(process: StormProcess): void {
    this.world.count('killed')
    this.world.kill(process)
  }

  private addPartition(): void {
    const { kafka } = this.world
    kafka.addPartitions(TOPIC, kafka.topic(TOPIC).partitions.length + 1)
    this.world.count('partition added')
  }

  private compact(): void {
    try {
      this.world.kafka.partition(MARKERS, 0).compact()
      this.world.count('markers compacted')
    } catch (error) {
      // Not made yet.
      if (!isSluiceError(error, 'TOPIC_NOT_FOUND')) throw error
    }
  }

  private begin(): void {
    const process = this.world.start(`attempt-${this.attempts.length + 1}`)
    const attempt: Attempt = { process, state: 'running' }
    this.attempts.push(attempt)
    this.attempt(process).then(
      () => {
        attempt.state = 'finished'
      },
      (error: unknown) => {
        attempt.state = 'failed'
        this.judge(error, attempt)
      },
    )
  }

  /** Which failures may be, and whose. */
  private judge(error: unknown, attempt: Attempt): void {
    if (error instanceof Killed) return
    const code = isSluiceError(error) ? error.code : String((error as Error).stack)
    const isReplaced = attempt !== this.attempts.at(-1)
    this.world.count(`ended: ${code}`)
    if (code === 'KAFKA_UNREACHABLE') return
    if (isReplaced && (code === 'FENCED' || code === 'STAGED_OUTPUT_MISSING')) return
    this.violations.push(`${attempt.process.name}${isReplaced ? ', replaced' : ''}: ${(error as Error).stack}`)
  }

  private async attempt(process: StormProcess): Promise<void> {
    const { world, store, records } = this
    const epoch = ++store.epoch
    const { restored } = store
    const logger = { ...recordingLogger(), warn: ({ event }: { event?: unknown }) => world.count(`log: ${event}`) }
    const context = { job: 'job', uid: 'sink(out)', epoch, clock: world.clock, logger, metrics: silentMetrics }
    const sink = this.open(process)
    const committer = await sink.createCommitter(context)
    await committer.fence({ epoch, restored: restored && { ...restored.request, epoch }, allowRewind: false })
    const parallelism = world.between(1, 3)
    const writers = await Promise.all(
      Array.from({ length: parallelism }, (_, subtask) => sink.createWriter({ ...context, subtask })),
    )
    let owed: Committable[] = []
    let position = restored?.position ?? 0
    let checkpointId = store.lastCheckpointId
    while (position < records) {
      const end = Math.min(records, position + world.between(0, 15))
      for (; position < end; position++) {
        const key = position % KEYS
        const row = { key: bytes(`k${key}`), value: bytes(`${position}${'.'.repeat(world.between(0, 60))}`) }
        await writers[key % parallelism]!.write(new Batch([row]))
      }
      checkpointId++
      const prepared = await Promise.all(writers.map((writer) => writer.prepareCommit(checkpointId)))
      owed = [...owed, ...prepared.flat()]
      await world.turn(process)
      // Given up: what it held goes with the next.
      if (world.chance(0.1) && position < records) continue
      // The compare-and-set that holds the epoch.
      if (store.epoch !== epoch) throw new SluiceError('FENCED', 'the store has a newer epoch')
      const complete = request(epoch, checkpointId, owed)
      owed = []
      store.restored = { request: complete, position }
      store.lastCheckpointId = checkpointId
      await world.turn(process)
      await committer.commit(complete)
    }
    for (const writer of writers) await writer.close()
    await committer.close()
  }

  private open(process: StormProcess): KafkaSink {
    const { world } = this
    return new KafkaSink({
      driver: world.kafka.driver(process.name),
      settings: {
        bootstrapServers: ['fake:9092'],
        delivery: 'exactly-once',
        // Whoever is first decides.
        sinkShards: world.between(1, 4),
        transactionTimeoutMs: 1_000 * world.between(1, 60),
        markerTopic: MARKERS,
        compression: 'none',
      },
      topic: TOPIC,
      ensureTopic: async () => {},
      files: world.files(this.files, process),
      outbox: 'memory:///outbox',
      segmentBytes: world.between(50, 600),
      transactionBytes: world.between(100, 1_000),
      random: () => world.between(0, 99) / 100,
      faultPoint: (name) => {
        if (world.isCalm || process.state === 'dead' || !world.chance(0.02)) return
        world.count(name)
        this.kill(process)
        throw new Killed(name)
      },
    })
  }

  private check(): void {
    const seen = new Map<number, number>()
    const lastOfPlace = new Map<string, number>()
    for (const { key, value, partition } of this.world.kafka.consume(TOPIC)) {
      const number = Number.parseInt(text(value), 10)
      seen.set(number, (seen.get(number) ?? 0) + 1)
      // A key has another partition once there are more of them.
      const place = `${text(key)} in ${partition}`
      const before = lastOfPlace.get(place) ?? -1
      if (number < before) this.violations.push(`${number} lies behind ${before} of ${place}`)
      lastOfPlace.set(place, number)
    }
    for (let number = 0; number < this.records; number++) {
      const times = seen.get(number) ?? 0
      if (times !== 1) this.violations.push(`${number} is ${times} times in the topic`)
    }
    const shards = new Set(this.markers().map((marker) => marker.shards))
    if (shards.size !== 1) this.violations.push(`markers tell of ${[...shards].join(' and ')} shards`)
  }

  private markers(): { readonly shards: number }[] {
    return this.world.kafka.consume(MARKERS).map(({ value }) => JSON.parse(text(value)))
  }
}
