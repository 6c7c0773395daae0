/** A data file or delete file as manifests describe it, and its JSON form in a committable. */
import { Buffer } from 'node:buffer'
import type { Json } from '../../../topology/json.ts'
import type { PartitionField, PartitionValues } from './partition-spec.ts'
import { deserializeValue, serializeValue } from './single-value.ts'

export const FileContent = { data: 0, positionDeletes: 1, equalityDeletes: 2 } as const
export type FileContent = (typeof FileContent)[keyof typeof FileContent]

/** Facts by column id. */
export type ColumnMap<V> = ReadonlyMap<number, V>

export interface DataFile {
  readonly content: FileContent
  /** Full URI. */
  readonly filePath: string
  readonly fileFormat: string
  readonly partition: PartitionValues
  readonly recordCount: bigint
  readonly fileSizeInBytes: bigint
  readonly columnSizes?: ColumnMap<bigint> | undefined
  readonly valueCounts?: ColumnMap<bigint> | undefined
  readonly nullValueCounts?: ColumnMap<bigint> | undefined
  readonly nanValueCounts?: ColumnMap<bigint> | undefined
  /** Single values in binary. */
  readonly lowerBounds?: ColumnMap<Uint8Array> | undefined
  readonly upperBounds?: ColumnMap<Uint8Array> | undefined
  readonly splitOffsets?: readonly bigint[] | undefined
  readonly equalityIds?: readonly number[] | undefined
  readonly sortOrderId?: number | undefined
  readonly referencedDataFile?: string | undefined
}

/** The JSON of a data file (not of a delete file): longs as strings, bytes in base64. */
export function dataFileToJson(file: DataFile, partitionFields: readonly PartitionField[]): Json {
  return {
    path: file.filePath,
    partition: file.partition.map((value, i) =>
      value === null ? null : base64(serializeValue(partitionFields[i]!.resultType, value)),
    ),
    records: file.recordCount.toString(),
    size: file.fileSizeInBytes.toString(),
    columnSizes: mapToJson(file.columnSizes, String),
    values: mapToJson(file.valueCounts, String),
    nulls: mapToJson(file.nullValueCounts, String),
    nans: mapToJson(file.nanValueCounts, String),
    lower: mapToJson(file.lowerBounds, base64),
    upper: mapToJson(file.upperBounds, base64),
    splitOffsets: (file.splitOffsets ?? []).map(String),
  }
}

export function dataFileFromJson(json: Json, partitionFields: readonly PartitionField[]): DataFile {
  const file = json as { readonly [key: string]: any }
  return {
    content: FileContent.data,
    filePath: file['path'],
    fileFormat: 'PARQUET',
    partition: (file['partition'] as (string | null)[]).map((value, i) =>
      value === null ? null : deserializeValue(partitionFields[i]!.resultType, Buffer.from(value, 'base64')),
    ),
    recordCount: BigInt(file['records']),
    fileSizeInBytes: BigInt(file['size']),
    columnSizes: mapFromJson(file['columnSizes'], BigInt),
    valueCounts: mapFromJson(file['values'], BigInt),
    nullValueCounts: mapFromJson(file['nulls'], BigInt),
    nanValueCounts: mapFromJson(file['nans'], BigInt),
    lowerBounds: mapFromJson(file['lower'], bytes),
    upperBounds: mapFromJson(file['upper'], bytes),
    splitOffsets: (file['splitOffsets'] as string[]).map(BigInt),
    sortOrderId: 0,
  }
}

function mapToJson<V>(map: ColumnMap<V> | undefined, print: (value: V) => string): Json {
  return Object.fromEntries(Array.from(map ?? [], ([id, value]) => [id, print(value)]))
}

function mapFromJson<V>(json: Readonly<Record<string, string>>, parse: (text: string) => V): ColumnMap<V> {
  return new Map(Object.entries(json).map(([id, text]) => [Number(id), parse(text)]))
}

function base64(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64')
}
