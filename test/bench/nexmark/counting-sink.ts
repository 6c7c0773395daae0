/** A sink that keeps nothing of its rows but how many there were: two-phase like any other. */
import type { CustomSink } from '../../../topology/to.ts'

export interface CountingSink extends CustomSink<any> {
  /** What has been committed. */
  readonly rows: number
}

export function countingSink(name: string): CountingSink {
  let committed = 0
  return {
    name,
    get rows() {
      return committed
    },
    create: () => ({
      async createWriter() {
        let rows = 0
        return {
          write(batch) {
            rows += batch.values.length
          },
          async prepareCommit() {
            const prepared = rows
            rows = 0
            return [prepared]
          },
          async close() {},
        }
      },
      async createCommitter() {
        return {
          async fence() {},
          async commit({ committables }) {
            for (const rows of committables) committed += Number(rows)
          },
          async close() {},
        }
      },
      async close() {},
    }),
  }
}
