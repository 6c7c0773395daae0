/** A sink that takes every field of every batch as a column, counts what it was given, and keeps nothing. */
import type { CustomSink } from '../../../topology/to.ts'

export interface ColumnSink<T> extends CustomSink<T> {
  readonly rows: number
}

/** @throws where a field is not there as typed arrays: rows would have been made for it */
export function columnSink<T>(name: string, fields: readonly (keyof T & string)[]): ColumnSink<T> {
  let rows = 0
  return {
    name,
    get rows() {
      return rows
    },
    create: () => ({
      createWriter: async () => ({
        write(batch) {
          for (const field of fields) {
            if (batch.encoded(field) === undefined) throw new Error(`${field} is not there as a column`)
          }
          rows += batch.length
        },
        prepareCommit: async () => [],
        close: async () => {},
      }),
      createCommitter: async () => ({
        fence: async () => {},
        commit: async () => {},
        close: async () => {},
      }),
      close: async () => {},
    }),
  }
}
