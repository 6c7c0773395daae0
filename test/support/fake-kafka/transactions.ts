/** The transaction coordinator of the fake: producer epochs, open transactions, and their end in two steps. */
import type { Clock } from '../../../topology/contract/clock.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { FakePartition } from './partition.ts'

/** A producer as the coordinator knows it: whoever comes with another epoch has been replaced. */
export interface ProducerIdentity {
  readonly transactionalId: string
  readonly producerId: number
  readonly epoch: number
}

/** The broker is still writing the end of the transaction before: to be tried again. */
export class ConcurrentTransactions extends Error {}

type State = 'empty' | 'ongoing' | 'prepare-commit' | 'prepare-abort' | 'committed' | 'aborted'

interface Entry {
  readonly producerId: number
  epoch: number
  state: State
  timeoutMs: number
  readonly partitions: Set<FakePartition>
  timer: Disposable | undefined
}

export class FakeTransactions {
  /** Transactions that have lasted too long. */
  timedOut = 0
  private readonly clock: Clock
  /** Runs what the broker does after it has replied. */
  private readonly later: (work: () => void) => void
  private readonly entries = new Map<string, Entry>()
  private nextProducerId = 1000

  constructor(clock: Clock, later: (work: () => void) => void) {
    this.clock = clock
    this.later = later
  }

  /** Aborts what an older producer of the id has open, and shuts it out. */
  init(transactionalId: string, timeoutMs: number): ProducerIdentity {
    let entry = this.entries.get(transactionalId)
    if (entry === undefined) {
      const producerId = this.nextProducerId++
      entry = { producerId, epoch: -1, state: 'empty', timeoutMs, partitions: new Set(), timer: undefined }
      this.entries.set(transactionalId, entry)
    }
    if (entry.state === 'ongoing') {
      entry.epoch++
      this.prepare(entry, false)
    }
    if (entry.state.startsWith('prepare-')) throw new ConcurrentTransactions()
    entry.state = 'empty'
    entry.timeoutMs = timeoutMs
    return { transactionalId, producerId: entry.producerId, epoch: ++entry.epoch }
  }

  /** A partition takes part from here on; the first of a transaction begins it. */
  add(identity: ProducerIdentity, partition: FakePartition): void {
    const entry = this.require(identity)
    if (entry.state.startsWith('prepare-')) throw new ConcurrentTransactions()
    if (entry.state !== 'ongoing') {
      entry.state = 'ongoing'
      entry.timer = this.clock.schedule(entry.timeoutMs, () => {
        this.timedOut++
        entry.epoch++
        this.prepare(entry, false)
      })
    }
    entry.partitions.add(partition)
  }

  /** Decides the transaction. Its partitions hear of it later. */
  end(identity: ProducerIdentity, isCommitted: boolean): void {
    const entry = this.require(identity)
    const [prepared, done]: [State, State] = isCommitted
      ? ['prepare-commit', 'committed']
      : ['prepare-abort', 'aborted']
    // The same said twice, as after a lost reply.
    if (entry.state === done || entry.state === prepared) return
    if (entry.state !== 'ongoing') {
      throw new SluiceError('KAFKA_TRANSACTION_STATE', `${identity.transactionalId} has no open transaction`)
    }
    this.prepare(entry, isCommitted)
  }

  /** Transactional ids whose transaction is open. */
  get ongoing(): string[] {
    return [...this.entries].filter(([, { state }]) => state === 'ongoing').map(([id]) => id)
  }

  private prepare(entry: Entry, isCommitted: boolean): void {
    entry.timer?.[Symbol.dispose]()
    entry.state = isCommitted ? 'prepare-commit' : 'prepare-abort'
    this.later(() => {
      for (const partition of entry.partitions) partition.end(entry.producerId, isCommitted, this.clock.nowMs())
      entry.partitions.clear()
      entry.state = isCommitted ? 'committed' : 'aborted'
    })
  }

  private require({ transactionalId, producerId, epoch }: ProducerIdentity): Entry {
    const entry = this.entries.get(transactionalId)
    if (entry?.producerId === producerId && entry.epoch === epoch) return entry
    throw new SluiceError('FENCED', `another producer has taken the transactional id ${transactionalId}`, {
      details: { transactionalId },
    })
  }
}
