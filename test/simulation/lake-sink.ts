/** A sink into the simulated lake: a small writer of its own, and the production committer. */
import { IcebergCommitter } from '../../connectors/iceberg/commit/iceberg-committer.ts'
import { dataFileToJson } from '../../connectors/iceberg/format/data-file.ts'
import { writtenFilesToCommittable } from '../../connectors/iceberg/write/committable.ts'
import type { Committable, Sink, SinkWriter, WriterContext } from '../../topology/contract/sink.ts'
import type { Batch } from '../../topology/element.ts'
import type { Machine } from './machines.ts'

/** Every interval's rows are one file of JSON, which stands for Parquet. */
export function lakeSink(table: string, machine: Machine): Sink {
  return {
    createWriter: async (writer) => new LakeWriter(table, machine, writer),
    createCommitter: async (committer) =>
      new IcebergCommitter(committer, {
        catalog: machine.catalog,
        fileIO: machine.files,
        table,
        random: machine.machines.world.random,
      }),
    close: async () => {},
  }
}

class LakeWriter implements SinkWriter {
  private readonly table: string
  private readonly machine: Machine
  private readonly writer: WriterContext
  private rows: unknown[] = []
  private written = 0

  constructor(table: string, machine: Machine, writer: WriterContext) {
    this.table = table
    this.machine = machine
    this.writer = writer
  }

  write(batch: Batch): void | Promise<void> {
    this.rows.push(...batch.values)
    const { machines, process } = this.machine
    const heldMs = machines.holdUpMs()
    return heldMs === 0 ? undefined : new Promise((resolve) => process.schedule(heldMs, resolve))
  }

  async prepareCommit(): Promise<readonly Committable[]> {
    const { rows, table, writer, machine } = this
    this.rows = []
    if (rows.length === 0) return []
    const { metadata } = machine.machines.lake.tables.get(table)!
    const location = `sim:///lake/${table}/data/${writer.epoch}-${writer.uid}-${writer.subtask}-${++this.written}.json`
    const bytes = encodeRows(rows)
    await machine.files.write(location, bytes)
    const file = {
      content: 0,
      filePath: location,
      fileFormat: 'PARQUET',
      partition: [],
      recordCount: BigInt(rows.length),
      fileSizeInBytes: BigInt(bytes.length),
    } as const
    return [
      writtenFilesToCommittable({
        tableUuid: metadata['table-uuid'],
        schemaId: 0,
        specId: 0,
        files: [dataFileToJson(file, [])],
      }),
    ]
  }

  async close(): Promise<void> {}
}

function encodeRows(rows: readonly unknown[]): Uint8Array {
  return Buffer.from(JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? String(value) : value)))
}

/** 64-bit numbers are text. */
export function decodeRows(bytes: Uint8Array): Readonly<Record<string, unknown>>[] {
  return JSON.parse(Buffer.from(bytes).toString())
}
