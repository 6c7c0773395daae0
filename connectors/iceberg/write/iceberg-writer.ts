/** The writer of an Iceberg sink: rows into column buffers by partition, buffers into data files by the Parquet worker. */
import { randomUUID } from 'node:crypto'
import type { Committable, SinkWriter, WriterContext } from '../../../topology/contract/sink.ts'
import type { Batch } from '../../../topology/element.ts'
import { OperatorError, SluiceError } from '../../../topology/errors.ts'
import type { Json } from '../../../topology/json.ts'
import type { Field } from '../../../topology/schema/types.ts'
import { dataFileToJson, FileContent } from '../format/data-file.ts'
import { type PartitionField, type PartitionValues, partitionPath } from '../format/partition-spec.ts'
import { writtenFilesToCommittable } from './committable.ts'
import { createMember } from './create-column.ts'
import type { DataFileMetrics } from './data-file-metrics.ts'
import { fieldPath } from './field-path.ts'
import { appendColumn, type Member } from './nested-columns.ts'
import type { ParquetPool } from './parquet-pool.ts'
import { PartitionRouter, type PartitionRows } from './partition-router.ts'

/** The table as the writer found it when it was opened. */
export interface WriterTable {
  readonly name: string
  readonly uuid: string
  readonly location: string
  readonly schemaId: number
  readonly specId: number
  /** Numbered, in the table's order. */
  readonly fields: readonly Field[]
  readonly partitionFields: readonly PartitionField[]
}

export interface IcebergWriterOptions {
  /** A file is cut at this many rows. @default 131072 */
  readonly maxFileRows?: number
  /** A file is cut at this many bytes of column buffers. @default 33554432 */
  readonly maxFileBytes?: number
  /** Partitions that may be open at once; the least recently written one is cut when another comes. @default 64 */
  readonly maxOpenPartitions?: number
  /** Bytes of all open buffers; the largest is cut beyond. @default 67108864 */
  readonly maxOpenBytes?: number
  /** Bytes on their way to disk beyond which `write` asks to wait. @default 33554432 */
  readonly maxInFlightBytes?: number
  readonly faultPoint?: (name: string) => void | Promise<void>
}

/** A partition's rows that are in no file yet. */
interface OpenPartition {
  readonly key: PartitionRows['key']
  readonly values: PartitionValues
  readonly members: readonly Member[]
  rowCount: number
  sizeBytes: number
}

/**
 * Memory is bounded: by the open buffers and by the bytes in flight. Data files of one interval are in one committable;
 * after a crash they can be committed without this writer, since each is durable before prepareCommit resolves.
 */
export class IcebergWriter implements SinkWriter {
  private readonly table: WriterTable
  private readonly context: WriterContext
  private readonly pool: ParquetPool
  private readonly limits: Required<Omit<IcebergWriterOptions, 'faultPoint'>>
  private readonly faultPoint: (name: string) => void | Promise<void>
  private readonly router: PartitionRouter
  /** In the order of their last write. */
  private readonly open = new Map<PartitionRows['key'], OpenPartition>()
  private readonly inFlight = new Set<Promise<void>>()
  /** The columns of the last file, when it was the only open one: the next is likely to be as large. */
  private spare: readonly Member[] | undefined
  private openBytes = 0
  private inFlightBytes = 0
  private interval: Promise<Json>[] = []
  private fileNumber = 0
  private failure: unknown

  constructor(table: WriterTable, context: WriterContext, pool: ParquetPool, options: IcebergWriterOptions = {}) {
    this.table = table
    this.context = context
    this.pool = pool
    this.limits = {
      maxFileRows: options.maxFileRows ?? 131_072,
      maxFileBytes: options.maxFileBytes ?? 32 << 20,
      maxOpenPartitions: options.maxOpenPartitions ?? 64,
      maxOpenBytes: options.maxOpenBytes ?? 64 << 20,
      maxInFlightBytes: options.maxInFlightBytes ?? 32 << 20,
    }
    this.faultPoint = options.faultPoint ?? (() => {})
    this.router = new PartitionRouter(table.partitionFields, (field) => fieldPath(table.fields, field.source.id))
  }

  write(batch: Batch<any>): void | Promise<void> {
    if (this.failure !== undefined) throw this.failure
    for (const group of this.router.route(batch)) this.append(batch, group)
    while (this.openBytes > this.limits.maxOpenBytes) this.cut(this.largest())
    return this.inFlightBytes > this.limits.maxInFlightBytes ? this.drained() : undefined
  }

  async prepareCommit(): Promise<readonly Committable[]> {
    for (const partition of [...this.open.values()]) this.cut(partition)
    const interval = this.interval
    this.interval = []
    const labels = { table: this.table.name }
    const files = await this.context.metrics.timed('sink_prepare_duration_seconds', labels, () => Promise.all(interval))
    if (files.length === 0) return []
    const { uuid, schemaId, specId } = this.table
    return [writtenFilesToCommittable({ tableUuid: uuid, schemaId, specId, files })]
  }

  async close(): Promise<void> {
    this.open.clear()
    await Promise.allSettled(this.inFlight)
  }

  private append(batch: Batch<any>, group: PartitionRows): void {
    const partition = this.partition(group)
    const { members } = partition
    let sizeBytes = 0
    for (const member of members) {
      try {
        appendColumn(member, batch, group.rows, group.count)
      } catch (cause) {
        throw this.rejected(cause)
      }
      sizeBytes += member.column.sizeBytes
    }
    partition.rowCount += group.count
    this.openBytes += sizeBytes - partition.sizeBytes
    partition.sizeBytes = sizeBytes
    if (partition.rowCount >= this.limits.maxFileRows || sizeBytes >= this.limits.maxFileBytes) this.cut(partition)
  }

  private partition({ key, values }: PartitionRows): OpenPartition {
    let partition = this.open.get(key)
    if (partition === undefined) {
      if (this.open.size >= this.limits.maxOpenPartitions) this.cut(this.open.values().next().value!)
      const members = this.spare ?? this.table.fields.map((field) => createMember(field))
      this.spare = undefined
      partition = { key, values, members, rowCount: 0, sizeBytes: 0 }
    } else if (this.open.size > 1) this.open.delete(key)
    this.open.set(key, partition)
    return partition
  }

  private largest(): OpenPartition {
    let largest: OpenPartition | undefined
    for (const partition of this.open.values()) {
      if (largest === undefined || partition.sizeBytes > largest.sizeBytes) largest = partition
    }
    return largest!
  }

  /** Makes a file of what is open; the rows are out of our hands when this returns. */
  private cut(partition: OpenPartition): void {
    this.open.delete(partition.key)
    this.openBytes -= partition.sizeBytes
    this.inFlightBytes += partition.sizeBytes
    const file = this.writeFile(partition)
    if (this.open.size === 0) this.spare = partition.members
    this.interval.push(file)
    const settled = file.then(
      () => {},
      (error) => {
        this.failure ??= error
      },
    )
    this.inFlight.add(settled)
    settled.then(() => {
      this.inFlight.delete(settled)
      this.inFlightBytes -= partition.sizeBytes
    })
  }

  /** Takes the columns before it first waits. */
  private async writeFile({ values, members, rowCount }: OpenPartition): Promise<Json> {
    const { fields, partitionFields } = this.table
    const filePath = this.nextLocation(values)
    const columns = members.map((member) => member.column.take())
    try {
      await this.faultPoint('iceberg.before-data-file')
      const metrics = await this.context.metrics.timed('sink_write_duration_seconds', { table: this.table.name }, () =>
        this.pool.write(filePath, fields, columns, rowCount),
      )
      await this.faultPoint('iceberg.after-data-file')
      this.countFile(metrics)
      const file = {
        content: FileContent.data,
        filePath,
        fileFormat: 'PARQUET',
        partition: values,
        ...metrics,
      }
      return dataFileToJson(file, partitionFields)
    } catch (cause) {
      throw this.fileFailed(filePath, cause)
    }
  }

  private countFile({ recordCount, fileSizeInBytes }: DataFileMetrics): void {
    const labels = { table: this.table.name }
    const { metrics } = this.context
    metrics.counter('sink_files_total', labels).add(1)
    metrics.counter('num_records_send_total', labels).add(Number(recordCount))
    metrics.counter('num_bytes_send_total', labels).add(Number(fileSizeInBytes))
  }

  private nextLocation(values: PartitionValues): string {
    const { job, uid, epoch, subtask } = this.context
    const directory = partitionPath(this.table.partitionFields, values)
    const name = `${fileNamePart(job)}-${fileNamePart(uid)}-${epoch}-${subtask}-${this.fileNumber++}-${randomUUID()}.parquet`
    return `${this.table.location}/data/${directory === '' ? '' : `${directory}/`}${name}`
  }

  /** Resolves when half of the budget is free again, so that the task is not woken for every file. */
  private async drained(): Promise<void> {
    while (this.inFlightBytes > this.limits.maxInFlightBytes / 2) await Promise.race(this.inFlight)
    if (this.failure !== undefined) throw this.failure
  }

  private rejected(cause: unknown): Error {
    const { uid } = this.context
    const message = cause instanceof Error ? cause.message : String(cause)
    return new OperatorError(`sink '${uid}' cannot write a row to ${this.table.name}: ${message}`, {
      cause,
      fix: 'Make the record fit the table’s schema before it reaches the sink, or quarantine it.',
      details: { uid, table: this.table.name },
    })
  }

  private fileFailed(filePath: string, cause: unknown): SluiceError {
    const { uid } = this.context
    const { code, message, fix } = cause as SluiceError
    return new SluiceError(
      code ?? 'PARQUET_FAILED',
      `sink '${uid}' cannot write a data file of ${this.table.name}: ${message ?? String(cause)}`,
      { cause, ...(fix === undefined ? {} : { fix }), details: { uid, table: this.table.name, location: filePath } },
    )
  }
}

/** Names become parts of a file name: anything unusual is replaced, since the UUID already makes it unique. */
function fileNamePart(name: string): string {
  return name.replace(/[^A-Za-z0-9._]/g, '_').slice(0, 60)
}
