/**
 * The head of a job's checkpoint store: a chain of records, each created exclusively under the next number, so that
 * every change is a compare-and-set on everything before it. A local disk and an S3-compatible store both have that.
 *
 * A record tells all: the epoch, the last checkpoint id, the retained checkpoints. Only the last good one counts.
 *
 * Why an older attempt can't slip in: within its epoch it wrote every record, so the number it tries next is taken by
 * the record that opened the epoch after it. Records that open an epoch are therefore never deleted; others are, once
 * `KEEP_RECORDS` newer ones stand. So the number that opens an epoch may have been free again by then: who opens one looks
 * whether newer records stand.
 */
import { randomUUID } from 'node:crypto'
import type { FileIO } from '../../topology/contract/file-io.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { CheckpointKind } from './manifest.ts'
import { corrupt, seal, unseal } from './seal.ts'

const KEEP_RECORDS = 8

export interface CheckpointEntry {
  readonly id: bigint
  readonly epoch: bigint
  readonly kind: CheckpointKind
  /** Relative to the job's checkpoint directory. */
  readonly manifest: string
  readonly sha256: string
  readonly completedAtMs: number
}

export interface JournalRecord {
  readonly sequence: number
  readonly epoch: bigint
  /** `<writer>/<number>`: who wrote it, which tells two writers of otherwise equal records apart. */
  readonly nonce: string
  /** Whether this record took the epoch. */
  readonly opensEpoch: boolean
  readonly lastCheckpointId: bigint
  /** In the order in which they became the job's newest. */
  readonly checkpoints: readonly CheckpointEntry[]
  /** Records that were damaged and passed over since the last complete checkpoint: they may have named newer ones. */
  readonly passedOver: readonly string[]
}

const EMPTY: JournalRecord = {
  sequence: 0,
  nonce: '',
  epoch: 0n,
  opensEpoch: false,
  lastCheckpointId: 0n,
  checkpoints: [],
  passedOver: [],
}

export class Journal {
  private readonly files: FileIO
  private readonly directory: string
  private readonly warn: (message: string) => void
  private readonly writer = randomUUID()
  private written = 0

  constructor(files: FileIO, directory: string, warn: (message: string) => void) {
    this.files = files
    this.directory = directory
    this.warn = warn
  }

  /**
   * The last good record. Behind damaged ones the epoch and the ids they may have given out are skipped: each record
   * raises either by one at most.
   */
  async read(): Promise<JournalRecord> {
    const sequences = await this.sequences()
    const last = sequences.at(-1) ?? 0
    const damaged: string[] = []
    for (const sequence of sequences.toReversed()) {
      const file = this.location(sequence)
      try {
        const record = decode(sequence, await this.files.read(file), file)
        const skipped = last - sequence
        return skipped === 0
          ? record
          : {
              ...record,
              sequence: last,
              epoch: record.epoch + BigInt(skipped),
              lastCheckpointId: record.lastCheckpointId + BigInt(skipped),
              passedOver: [...damaged, ...record.passedOver],
            }
      } catch (error) {
        if ((error as SluiceError).code !== 'CHECKPOINT_CORRUPT') throw error
        damaged.push(file)
        this.warn(`${(error as Error).message}; going back to the record before it`)
      }
    }
    if (last > 0) {
      throw new SluiceError('CHECKPOINT_CORRUPT', `every record of the journal ${this.directory} is damaged`, {
        fix: 'Restore the directory from a backup, or start from a savepoint under another job name.',
      })
    }
    return EMPTY
  }

  /**
   * Writes the record after `base`.
   * @throws {SluiceError} `FENCED` when another attempt has written since `base` was read.
   */
  async append(
    base: JournalRecord,
    change: Partial<Omit<JournalRecord, 'sequence' | 'nonce'>>,
  ): Promise<JournalRecord> {
    const record: JournalRecord = {
      ...base,
      opensEpoch: false,
      ...change,
      nonce: `${this.writer}/${++this.written}`,
      sequence: base.sequence + 1,
    }
    const bytes = encode(record)
    const file = this.location(record.sequence)
    if (!(await this.files.create(file, bytes)) && !(await this.isOurs(record, bytes))) throw this.fenced(base)
    if (record.opensEpoch) await this.checkLast(record, base)
    await this.trim(record)
    return record
  }

  /** Whether it was written through this object, also when the reply to that was lost. */
  isOwn(record: JournalRecord): boolean {
    return record.nonce.startsWith(`${this.writer}/`)
  }

  /** @throws {SluiceError} `FENCED` when another attempt has written since `record`. */
  async checkLast(record: JournalRecord, base = record): Promise<void> {
    if ((await this.sequences()).at(-1) !== record.sequence) throw this.fenced(base)
  }

  fenced(base: JournalRecord): SluiceError {
    return new SluiceError('FENCED', `another attempt of this job has taken over after epoch ${base.epoch}`, {
      fix: 'Nothing was lost: the newer attempt goes on from the last checkpoint. Stop this one.',
      details: { epoch: String(base.epoch), journal: this.directory },
    })
  }

  /** A create whose reply was lost and that was tried again finds its own bytes. */
  private async isOurs(record: JournalRecord, bytes: Uint8Array): Promise<boolean> {
    return Buffer.compare(await this.files.read(this.location(record.sequence)), bytes) === 0
  }

  private async trim(record: JournalRecord): Promise<void> {
    const old = record.sequence - KEEP_RECORDS
    if (old < 1) return
    const file = this.location(old)
    try {
      if (decode(old, await this.files.read(file), file).opensEpoch) return
    } catch (error) {
      // Gone already, or damaged: a damaged record may have opened an epoch, so it stays.
      if (['FILE_NOT_FOUND', 'CHECKPOINT_CORRUPT'].includes((error as SluiceError).code)) return
      throw error
    }
    await this.files.delete(file)
  }

  private async sequences(): Promise<number[]> {
    const found: number[] = []
    for await (const { location } of this.files.list(`${this.directory}/`)) {
      const match = location.match(/\/(\d{12})\.journal$/)
      if (match) found.push(Number(match[1]))
    }
    return found.sort((a, b) => a - b)
  }

  private location(sequence: number): string {
    return `${this.directory}/${String(sequence).padStart(12, '0')}.journal`
  }
}

function encode(record: JournalRecord): Uint8Array {
  const text = JSON.stringify(record, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  return seal('journal', Buffer.from(text)).bytes
}

function decode(sequence: number, bytes: Uint8Array, file: string): JournalRecord {
  const { body } = unseal('journal', bytes, file)
  const raw = JSON.parse(Buffer.from(body).toString('utf8')) as {
    readonly sequence: number
    readonly nonce: string
    readonly epoch: string
    readonly opensEpoch: boolean
    readonly lastCheckpointId: string
    readonly passedOver: readonly string[]
    readonly checkpoints: readonly (Omit<CheckpointEntry, 'id' | 'epoch'> & {
      readonly id: string
      readonly epoch: string
    })[]
  }
  if (raw.sequence !== sequence) throw corrupt(file, `record ${raw.sequence} is in its place`)
  return {
    sequence,
    nonce: raw.nonce,
    epoch: BigInt(raw.epoch),
    opensEpoch: raw.opensEpoch,
    passedOver: raw.passedOver,
    lastCheckpointId: BigInt(raw.lastCheckpointId),
    checkpoints: raw.checkpoints.map((entry) => ({ ...entry, id: BigInt(entry.id), epoch: BigInt(entry.epoch) })),
  }
}
