/** The checkpoints of one job: takes epochs, publishes manifests, finds what to restore, deletes what nothing needs. */
import type { FileIO } from '../../topology/contract/file-io.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { StateReference } from '../../topology/contract/stage.ts'
import { isSluiceError, SluiceError } from '../../topology/errors.ts'
import { faultPoint } from '../fault-point.ts'
import { type CheckpointFiles, checkpointFiles } from './checkpoint-files.ts'
import { type CheckpointEntry, Journal, type JournalRecord } from './journal.ts'
import { encodeManifest, type Manifest } from './manifest.ts'
import { checkJob } from './restore.ts'

export interface CheckpointStoreOptions {
  readonly files: FileIO
  /** URI of the job's directory, without a slash at the end. */
  readonly root: string
  /** How many checkpoints to keep; savepoints are kept besides. @default 3 */
  readonly retained?: number
  readonly logger: Logger
}

/** What a restore begins from. */
export interface RestorePoint {
  readonly manifest: Manifest
  /** URI of the manifest. */
  readonly location: string
  /** Newer checkpoints that were damaged and passed over, and damaged records of the journal that may have named some. */
  readonly passedOver: readonly string[]
}

export class CheckpointStore {
  readonly root: string
  /** What workers need of it too. */
  readonly contents: CheckpointFiles
  private readonly files: FileIO
  private readonly retained: number
  private readonly logger: Logger
  private readonly journal: Journal
  private head: JournalRecord | undefined
  /** Whether attempts before this one may have left files behind that no manifest names. */
  private hasOrphans = true

  constructor(options: CheckpointStoreOptions) {
    this.root = options.root
    this.files = options.files
    this.contents = checkpointFiles(options.files, options.root)
    this.retained = options.retained ?? 3
    this.logger = options.logger
    this.journal = new Journal(options.files, `${options.root}/journal`, (message) =>
      this.logger.warn({ event: 'journal-damaged' }, message),
    )
  }

  /**
   * Takes the next epoch: from here on every older attempt is fenced at this store. The first time it takes over from
   * whoever was there. From then on it goes on from its own epoch only: a coordinator that was replaced while it stood
   * still must not, by restarting its job, replace its successor.
   *
   * @throws {SluiceError} `FENCED` when another has taken over since.
   */
  async openEpoch(): Promise<bigint> {
    for (;;) {
      const base = await this.journal.read()
      if (this.head !== undefined && !this.journal.isOwn(base)) throw this.journal.fenced(this.head)
      try {
        this.head = await this.journal.append(base, { epoch: base.epoch + 1n, opensEpoch: true })
        faultPoint('restore.after-epoch')
        return this.head.epoch
      } catch (error) {
        if (!isSluiceError(error, 'FENCED')) throw error
      }
    }
  }

  get epoch(): bigint {
    return this.current().epoch
  }

  /** The id for the next checkpoint, counting on from the last one that completed. */
  get lastCheckpointId(): bigint {
    return this.current().lastCheckpointId
  }

  /** Retained checkpoints and savepoints; the last is what the next attempt begins from. */
  async list(): Promise<readonly CheckpointEntry[]> {
    return (this.head ?? (await this.journal.read())).checkpoints
  }

  /**
   * The newest checkpoint whose every file is sound, or undefined at a first start. Damaged ones are passed over and
   * said so.
   * @throws {SluiceError} `CHECKPOINT_CORRUPT`; `FENCED` when a newer attempt has taken over.
   */
  async latest(): Promise<RestorePoint | undefined> {
    const passedOver = [...this.current().passedOver]
    for (const entry of this.current().checkpoints.toReversed()) {
      const location = `${this.root}/${entry.manifest}`
      try {
        const manifest = await this.contents.manifest(location, entry.sha256)
        await this.verify(manifest)
        return { manifest, location, passedOver }
      } catch (error) {
        if (!isSluiceError(error, 'CHECKPOINT_CORRUPT') && !isSluiceError(error, 'FILE_NOT_FOUND')) throw error
        // Or is it gone because a newer attempt has completed others since?
        await this.journal.checkLast(this.current())
        passedOver.push(location)
        this.logger.warn(
          { event: 'checkpoint-refused', checkpoint: String(entry.id), file: location },
          `checkpoint ${entry.id} can't be used: ${(error as Error).message}; trying the one before it`,
        )
      }
    }
    // Without one, but with damaged records: they may have named some, and a job must not begin anew behind its tables.
    if (passedOver.length === 0) return undefined
    throw new SluiceError('CHECKPOINT_CORRUPT', 'every retained checkpoint of the job is damaged', {
      fix: 'Start from a savepoint with --from-savepoint, or restore the checkpoint directory from a backup.',
      details: { passedOver },
    })
  }

  /**
   * A manifest named by its path, as `--from-savepoint` gives it.
   * @throws {SluiceError} `RESTORE_MISMATCH` when it is of another job, `CHECKPOINT_CORRUPT`, `FILE_NOT_FOUND`
   */
  async at(location: string, job: string): Promise<RestorePoint> {
    const manifest = await this.contents.manifest(location)
    // Its state lies where that job keeps its own, so this comes first.
    checkJob(manifest, job, location)
    await this.verify(manifest)
    return { manifest, location, passedOver: [] }
  }

  /**
   * Makes an older checkpoint or savepoint, which this attempt has restored, the one that the next attempt begins from,
   * so that a crash before the next checkpoint does not lead back to what was left. A user may have named it by another
   * path, or named a copy.
   */
  async adopt({ manifest: { epoch, checkpointId } }: RestorePoint): Promise<void> {
    const head = this.current()
    const adopted = head.checkpoints.find((entry) => entry.id === checkpointId && entry.epoch === epoch)
    if (adopted === undefined || adopted === head.checkpoints.at(-1)) return
    const others = head.checkpoints.filter((entry) => entry !== adopted)
    this.head = await this.journal.append(head, { checkpoints: [...others, adopted] })
  }

  /**
   * Makes a checkpoint complete: its manifest durable, then named by the journal in the same compare-and-set that
   * holds the epoch.
   * @throws {SluiceError} `FENCED` when a newer attempt has taken over.
   */
  async complete(manifest: Manifest): Promise<string> {
    const head = this.current()
    const { bytes, sha256 } = encodeManifest(manifest)
    const name = `manifests/${manifest.epoch}-${manifest.checkpointId}.manifest`
    faultPoint('checkpoint.before-manifest')
    await this.files.create(`${this.root}/${name}`, bytes)
    const entry: CheckpointEntry = {
      id: manifest.checkpointId,
      epoch: manifest.epoch,
      kind: manifest.kind,
      manifest: name,
      sha256,
      completedAtMs: manifest.createdAtMs,
    }
    const { kept, retired } = retain([...head.checkpoints, entry], this.retained)
    this.head = await this.journal.append(head, {
      lastCheckpointId: manifest.checkpointId,
      checkpoints: kept,
      passedOver: [],
    })
    faultPoint('checkpoint.after-manifest')
    await this.deleteRetired(retired, kept, manifest)
    if (this.hasOrphans) await this.deleteOrphans()
    return `${this.root}/${name}`
  }

  /** Reads every state file once, so that a damaged one is met before anything begins. */
  private async verify(manifest: Manifest): Promise<void> {
    for (const reference of manifest.keyed) await this.contents.load(reference)
  }

  /** Only after the journal no longer names them; what a kept checkpoint shares with them stays. */
  private async deleteRetired(
    retired: readonly CheckpointEntry[],
    kept: readonly CheckpointEntry[],
    newest: Manifest,
  ): Promise<void> {
    if (retired.length === 0) return
    const needed = new Set(newest.keyed.map((reference) => reference.file))
    for (const entry of kept) {
      if (entry.id === newest.checkpointId) continue
      const references = await this.referencesOf(entry)
      // What a damaged manifest names can't be known: delete nothing this time.
      if (references === undefined) return
      for (const reference of references) needed.add(reference.file)
    }
    for (const entry of retired) {
      for (const reference of (await this.referencesOf(entry)) ?? []) {
        if (!needed.has(reference.file)) await this.files.delete(`${this.root}/${reference.file}`)
      }
      await this.files.delete(`${this.root}/${entry.manifest}`)
    }
    faultPoint('checkpoint.after-retention')
  }

  /**
   * State that older attempts have written for checkpoints that were never complete. Spares whatever any manifest names
   * that is still there, also one that the journal has lost; a damaged one might name anything, and then nothing goes.
   */
  private async deleteOrphans(): Promise<void> {
    this.hasOrphans = false
    const needed = new Set<string>()
    for await (const { location } of this.files.list(`${this.root}/manifests/`)) {
      try {
        for (const { file } of (await this.contents.manifest(location)).keyed) needed.add(file)
      } catch (error) {
        if (isSluiceError(error, 'FILE_NOT_FOUND')) continue
        return
      }
    }
    for await (const { location } of this.files.list(`${this.root}/state/`)) {
      const file = location.slice(this.root.length + 1)
      // A newer attempt's files are none of ours to judge.
      const isOlder = BigInt(/^state\/(\d+)-/.exec(file)?.[1] ?? this.epoch) < this.epoch
      if (isOlder && !needed.has(file)) await this.files.delete(location)
    }
  }

  /** None for a manifest that is gone, such as that of a savepoint its user has deleted; undefined for a damaged one. */
  private async referencesOf(entry: CheckpointEntry): Promise<readonly StateReference[] | undefined> {
    try {
      const location = `${this.root}/${entry.manifest}`
      return (await this.contents.manifest(location, entry.sha256)).keyed
    } catch (error) {
      if (isSluiceError(error, 'FILE_NOT_FOUND')) return []
      if (isSluiceError(error, 'CHECKPOINT_CORRUPT')) return undefined
      throw error
    }
  }

  private current(): JournalRecord {
    if (this.head === undefined) throw new Error('openEpoch() comes first')
    return this.head
  }
}

/** Keeps all savepoints and the newest `count` checkpoints. */
function retain(entries: readonly CheckpointEntry[], count: number) {
  const checkpoints = entries.filter((entry) => entry.kind === 'checkpoint')
  const retired = new Set(checkpoints.slice(0, Math.max(0, checkpoints.length - count)))
  return { kept: entries.filter((entry) => !retired.has(entry)), retired: [...retired] }
}
