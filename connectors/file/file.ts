/** Files on this machine, as sources and sinks: what `files()` names is opened here. */
import type { EndpointSystem } from '../../topology/contract/endpoint.ts'
import type { Sink } from '../../topology/contract/sink.ts'
import type { EndpointReference } from '../../topology/endpoint.ts'
import { type FileSettings, patternOf, settingsOf, sinkFolders } from './settings.ts'
import { FileCommitter } from './sink/file-committer.ts'
import { FileWriter } from './sink/file-writer.ts'
import { parquetEncoder } from './sink/parquet-encoder.ts'
import type { FileEncoder } from './sink/part-file.ts'
import { csvEncoder, jsonlEncoder } from './sink/text-encoders.ts'
import { FileSource } from './source/file-source.ts'
import { JSONL } from './source/jsonl.ts'
import { openParquetSplit } from './source/parquet-split.ts'
import type { OpenSplit } from './source/split-reader.ts'
import { openTextSplit } from './source/text-split.ts'

export interface FileEndpointsOptions {
  /** Where relative locations start. */
  readonly cwd: string
  /** Says which clients are not installed, before they are missed. */
  readonly requireClients?: (purpose: string, clients: readonly string[]) => void
  /** Called at places where a crash would split a step in two. */
  readonly faultPoint?: (name: string) => void
  /** See `FileSourceOptions`. */
  readonly rangeBytes?: number
}

/**
 * Sources give each record as it was received: `topic` is the file, `offset` the record's number in its split, counted
 * from 0, `timestampMs` when the file was last changed. Exactly once, both ways, together with checkpoints.
 *
 * @example openFileEndpoints({ cwd: process.cwd() }).source(files('data/in/*.jsonl', Order))
 */
export function openFileEndpoints(options: FileEndpointsOptions): EndpointSystem {
  const { cwd, requireClients = () => {}, faultPoint = () => {}, rangeBytes } = options
  return {
    source(endpoint) {
      const settings = settingsOf(endpoint)
      if (settings.format === 'csv') requireClients('reading CSV', ['csv-parse'])
      return new FileSource({
        settings,
        pattern: patternOf(settings, cwd),
        open: openerOf(settings, endpoint),
        ...(rangeBytes === undefined ? {} : { rangeBytes }),
      })
    },
    sink(endpoint): Sink {
      const settings = settingsOf(endpoint)
      if (settings.format === 'parquet') requireClients('writing Parquet', ['apache-arrow', 'parquet-wasm'])
      const newEncoder = encoderOf(settings, endpoint)
      return {
        async createWriter(context) {
          const { staging } = sinkFolders(settings.location, cwd, context.job, context.uid)
          const { format: ending, rollBytes } = settings
          return new FileWriter({ staging, ending, rollBytes, newEncoder, faultPoint }, context)
        },
        async createCommitter(context) {
          return new FileCommitter(
            { ...sinkFolders(settings.location, cwd, context.job, context.uid), faultPoint },
            context,
          )
        },
        async close() {},
      }
    },
  }
}

function openerOf({ format, delimiter }: FileSettings, endpoint: EndpointReference): OpenSplit {
  switch (format) {
    case 'jsonl':
      return (place) => openTextSplit(place, JSONL)
    case 'csv':
      return async (place) => {
        const { csvFormat } = await import('./source/csv.ts')
        return openTextSplit(place, csvFormat(place.name, endpoint.fields, delimiter))
      }
    case 'parquet':
      return (place) => openParquetSplit(place, endpoint)
  }
}

function encoderOf({ format, delimiter }: FileSettings, { schema, fields }: EndpointReference): () => FileEncoder {
  switch (format) {
    case 'jsonl':
      return jsonlEncoder(schema)
    case 'csv':
      return csvEncoder(schema, fields, delimiter)
    case 'parquet':
      return parquetEncoder(fields)
  }
}
