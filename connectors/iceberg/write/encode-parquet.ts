/** Column buffers into the bytes of a Parquet file, by parquet-wasm. Runs in the Parquet worker. */
import * as parquet from 'parquet-wasm'
import type { Field } from '../../../topology/schema/types.ts'
import { toArrowStream } from './arrow-table.ts'
import { hasFewValues } from './cardinality.ts'
import type { ColumnData } from './column-buffer.ts'

/** zstd, statistics per column chunk and page, dictionaries where a sample repeats itself, one row group. */
export function encodeParquet(fields: readonly Field[], columns: readonly ColumnData[], rowCount: number): Uint8Array {
  const table = parquet.Table.fromIPCStream(toArrowStream(fields, columns, rowCount))
  // Takes the table and the properties over, and frees both.
  return parquet.writeParquet(table, writerProperties(fields, columns))
}

function writerProperties(fields: readonly Field[], columns: readonly ColumnData[]): parquet.WriterProperties {
  let builder = new parquet.WriterPropertiesBuilder()
    .setCompression(parquet.Compression.ZSTD)
    .setWriterVersion(parquet.WriterVersion.V1)
    .setStatisticsEnabled(parquet.EnabledStatistics.Page)
    .setDictionaryEnabled(false)
    .setCreatedBy('sluice')
  fields.forEach((field, i) => {
    if (hasFewValues(field.type, columns[i]!)) builder = builder.setColumnDictionaryEnabled(field.name, true)
  })
  return builder.build()
}
