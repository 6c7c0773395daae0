import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { type DeadLetter, DeadLetters } from '../../../runtime/replay/dead-letters.ts'
import type { TableCatalog } from '../../../topology/contract/catalog.ts'
import type { QueryEngine } from '../../../topology/contract/query.ts'

const COLUMNS = {
  source_topic: 'VARCHAR',
  source_partition: 'INTEGER',
  source_offset: 'BIGINT',
  source_timestamp: 'TIMESTAMPTZ',
  raw_payload: 'BLOB',
  quarantined_at: 'TIMESTAMPTZ',
}

test('pages hold every letter, also those of a topic that was made anew', async () => {
  const connection = await (await DuckDBInstance.create()).connect()
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`)
  await connection.run(`CREATE TABLE letters (${columns.join(', ')})`)
  const expected: string[] = []
  for (const partition of [0, 1]) {
    for (const offset of [0, 1, 2]) {
      // The same place, of the topic as it was and as it is.
      for (const second of [1, 2]) {
        expected.push(`${partition}/${offset}@${second}000000`)
        await connection.run(
          `INSERT INTO letters VALUES ('readings', ${partition}, ${offset}, to_timestamp(${second}), NULL, now())`,
        )
      }
    }
  }
  const engine = {
    query: async (sql: string) => ({ rows: (await connection.runAndReadAll(sql)).getRowsJson() }),
  } as unknown as QueryEngine
  const fields = Object.keys(COLUMNS).map((name) => ({ name }))
  const tables = { describeTable: async () => ({ fields }) } as unknown as TableCatalog
  const letters = await DeadLetters.open(tables, engine, { table: 'letters', where: undefined, sinceMs: undefined })
  for (const rows of [1, 3, 100]) {
    const found: DeadLetter[] = []
    for (let page = await letters.page('readings', undefined, rows); page.length > 0; ) {
      found.push(...page)
      page = await letters.page('readings', page.at(-1), rows)
    }
    expect(found.map(({ origin }) => origin)).toEqual(expected)
  }
})
