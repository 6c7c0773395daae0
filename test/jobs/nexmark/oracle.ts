/** What DuckDB, in batch, makes of the same events: each query as its SQL says it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { eventLine } from '../../../jobs/nexmark/generator/event-line.ts'
import { Generator, type GeneratorOptions } from '../../../jobs/nexmark/generator/generator.ts'
import { applyChanges } from '../../support/changelog.ts'

/** The processing time of q12: a clock that stands still, so that there is an answer to hold it against. */
export const PINNED_CLOCK_MS = 1_800_000_007_000

/** Prices are doubles only where a rate makes them so; integers come as bigint, which `normal` makes numbers of. */
export const SQL: Readonly<Record<string, string>> = {
  q0: 'SELECT auction, bidder, price, channel, url, dateTime, extra FROM bid',
  q1: 'SELECT auction, bidder, price * 0.908::DOUBLE AS price, dateTime, extra FROM bid',
  q2: 'SELECT auction, price FROM bid WHERE auction % 123 = 0',
  q3: `SELECT p.name, p.city, p.state, a.id FROM auction a JOIN person p ON a.seller = p.id
       WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA')`,
  q4: `SELECT category, avg(final) AS final FROM (
         SELECT max(b.price) AS final, a.category FROM auction a JOIN bid b ON a.id = b.auction
         WHERE b.dateTime BETWEEN a.dateTime AND a.expires GROUP BY a.id, a.category
       ) GROUP BY category`,
  q5: `WITH counted AS (
         SELECT auction, start, count(*) AS num
         FROM bid, LATERAL (SELECT (dateTime // 2000 - k) * 2000 AS start FROM range(5) r(k)) GROUP BY auction, start)
       SELECT auction, num, (start + 10000) * 1000 AS window_end FROM counted c
       WHERE num = (SELECT max(num) FROM counted m WHERE m.start = c.start)`,
  q7: `WITH highest AS (SELECT dateTime // 10000 AS w, max(price) AS price FROM bid GROUP BY w)
       SELECT b.auction, b.bidder, b.price, b.dateTime, b.extra FROM bid b JOIN highest h
       ON b.price = h.price AND b.dateTime // 10000 = h.w`,
  q8: `SELECT p.id, p.name, p.w * 10000000 AS starttime FROM (
         SELECT id, name, dateTime // 10000 AS w FROM person GROUP BY ALL) p
       JOIN (SELECT seller, dateTime // 10000 AS w FROM auction GROUP BY ALL) a ON p.id = a.seller AND p.w = a.w`,
  q9: `SELECT * EXCLUDE rank FROM (
         SELECT a.*, b.auction, b.bidder, b.price, b.dateTime AS bid_dateTime, b.extra AS bid_extra,
                row_number() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.dateTime ASC, b.n ASC) AS rank
         FROM auction a JOIN bid b ON a.id = b.auction WHERE b.dateTime BETWEEN a.dateTime AND a.expires)
       WHERE rank = 1`,
  q10: `SELECT auction, bidder, price, dateTime, extra, strftime(epoch_ms(dateTime), '%Y-%m-%d') AS dt,
               strftime(epoch_ms(dateTime), '%H:%M') AS hm FROM bid`,
  q11: `WITH marked AS (
          SELECT bidder, dateTime, CASE WHEN dateTime - lag(dateTime) OVER w <= 10000 THEN 0 ELSE 1 END AS first
          FROM bid WINDOW w AS (PARTITION BY bidder ORDER BY dateTime)),
        numbered AS (SELECT bidder, dateTime, sum(first) OVER (PARTITION BY bidder ORDER BY dateTime ROWS UNBOUNDED PRECEDING) AS s FROM marked)
        SELECT bidder, count(*) AS bid_count, min(dateTime) * 1000 AS starttime, (max(dateTime) + 10000) * 1000 AS endtime
        FROM numbered GROUP BY bidder, s`,
  q12: `SELECT bidder, count(*) AS bid_count, ${PINNED_CLOCK_MS} // 10000 * 10000000 AS starttime,
          (${PINNED_CLOCK_MS} // 10000 + 1) * 10000000 AS endtime FROM bid GROUP BY bidder`,
  q13: `SELECT auction, bidder, price, dateTime, 'side-' || (auction % 10000) AS value FROM bid`,
  q14: `SELECT auction, bidder, price * 0.908::DOUBLE AS price, dateTime, extra,
          CASE WHEN hour(epoch_ms(dateTime)) >= 8 AND hour(epoch_ms(dateTime)) <= 18 THEN 'dayTime'
               WHEN hour(epoch_ms(dateTime)) <= 6 OR hour(epoch_ms(dateTime)) >= 20 THEN 'nightTime' ELSE 'otherTime' END AS bidTimeType,
          length(extra) - length(replace(extra, 'c', '')) AS c_counts
        FROM bid WHERE price * 0.908::DOUBLE > 1000000 AND price * 0.908::DOUBLE < 50000000`,
  q15: `SELECT dateTime // 86400000 AS day, ${byRank()} FROM bid GROUP BY day`,
  q16: `SELECT channel, dateTime // 86400000 AS day, max(strftime(epoch_ms(dateTime), '%H:%M')) AS minute,
        ${byRank()} FROM bid GROUP BY channel, day`,
  q17: `SELECT auction, dateTime // 86400000 AS day, count(*) AS total_bids, ${byRank(['count']).replace(
    'count(*) AS total_bids, ',
    '',
  )}, min(price) AS min_price, max(price) AS max_price, avg(price) AS avg_price, sum(price) AS sum_price
        FROM bid GROUP BY auction, day`,
  q18: `SELECT * EXCLUDE (rank, n) FROM (SELECT *, row_number() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC, n DESC) AS rank FROM bid)
        WHERE rank = 1`,
  q19: `SELECT * EXCLUDE n FROM (SELECT *, row_number() OVER (PARTITION BY auction ORDER BY price DESC, n ASC) AS rank FROM bid) WHERE rank <= 10`,
  q20: `SELECT b.auction, b.bidder, b.price, b.channel, b.url, b.dateTime AS bid_dateTime, b.extra AS bid_extra, a.itemName, a.description,
          a.initialBid, a.reserve, a.dateTime AS auction_dateTime, a.expires, a.seller, a.category, a.extra AS auction_extra
        FROM bid b JOIN auction a ON b.auction = a.id WHERE a.category = 10`,
  q21: `SELECT * FROM (SELECT auction, bidder, price, channel, url,
          CASE lower(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2' WHEN 'baidu' THEN '3'
            ELSE nullif(regexp_extract(url, '(&|^)channel_id=([^&]*)', 2), '') END AS channel_id FROM bid) WHERE channel_id IS NOT NULL`,
  q22: `SELECT auction, bidder, price, channel, split_part(url, '/', 4) AS dir1, split_part(url, '/', 5) AS dir2, split_part(url, '/', 6) AS dir3 FROM bid`,
}

/** Bids, bidders and auctions in all, and by three ranges of price. */
function byRank(what: readonly ('count' | 'bidder' | 'auction')[] = ['count', 'bidder', 'auction']): string {
  const ranks = { rank1: 'price < 10000', rank2: 'price >= 10000 AND price < 1000000', rank3: 'price >= 1000000' }
  const columns = what.flatMap((each) => {
    const [fn, name] = each === 'count' ? ['count(*)', 'bids'] : [`count(DISTINCT ${each})`, `${each}s`]
    return [
      `${fn} AS total_${name}`,
      ...Object.entries(ranks).map(([rank, range]) => `${fn} FILTER (WHERE ${range}) AS ${rank}_${name}`),
    ]
  })
  return columns.join(', ')
}

export const QUERIES = Object.keys(SQL)

/** Events of a generator in DuckDB; `n` tells the order of bids. */
export class Oracle implements AsyncDisposable {
  private readonly directory = mkdtempSync(join(tmpdir(), 'sluice-nexmark-'))
  private instance!: DuckDBInstance

  static async of({ events, ...options }: GeneratorOptions & { readonly events: number }): Promise<Oracle> {
    const oracle = new Oracle()
    const generator = new Generator(options)
    const lines: Record<string, string[]> = { person: [], auction: [], bid: [] }
    for (let n = 0; n < events; n++) {
      const kind = (['person', 'auction', 'bid'] as const)[generator.event(n).event_type]!
      const line = eventLine(generator.event(n))
      lines[kind]!.push(line.slice(line.indexOf(':{') + 1, -2))
    }
    oracle.instance = await DuckDBInstance.create(':memory:')
    const connection = await oracle.instance.connect()
    for (const [kind, rows] of Object.entries(lines)) {
      const file = join(oracle.directory, `${kind}.json`)
      writeFileSync(file, rows.map((row) => `${row}\n`).join(''))
      const number = kind === 'bid' ? ', row_number() OVER () AS n' : ''
      await connection.run(
        `CREATE TABLE ${kind} AS SELECT *${number} FROM read_json('${file}', format = 'newline_delimited')`,
      )
    }
    connection.closeSync()
    return oracle
  }

  /** The rows of a query, each as sorted, comparable text. */
  async rows(query: string): Promise<string[]> {
    return asTexts(await this.select(SQL[query]!))
  }

  /** The rows of any SQL over the tables `person`, `auction` and `bid`. */
  async select(sql: string): Promise<Record<string, unknown>[]> {
    const connection = await this.instance.connect()
    try {
      return (await connection.runAndReadAll(sql)).getRowObjects() as Record<string, unknown>[]
    } finally {
      connection.closeSync()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.instance.closeSync()
    rmSync(this.directory, { recursive: true })
  }
}

/** Rows as a multiset: column order and the kind of integer do not count; doubles to twelve digits. */
export function asTexts(rows: readonly Record<string, unknown>[]): string[] {
  return rows
    .map((row) =>
      JSON.stringify(
        Object.entries(row)
          .sort(byName)
          .map(([name, value]) => [name, normal(value)]),
      ),
    )
    .sort()
}

/** What one multiset has and the other has not, the first few of each: a diff of all rows would take longer than the query. */
export function difference(rows: readonly Record<string, unknown>[], expected: readonly string[]) {
  const isChangelog = rows.some((row) => 'kind' in row)
  const actual = asTexts(isChangelog ? applyChanges(rows as { kind: string }[]) : rows)
  return { rows: actual.length, missing: without(expected, actual), unexpected: without(actual, expected) }
}

function without(all: readonly string[], some: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const each of some) counts.set(each, (counts.get(each) ?? 0) + 1)
  const rest = all.filter((each) => {
    const left = counts.get(each) ?? 0
    counts.set(each, left - 1)
    return left <= 0
  })
  return rest.slice(0, 3)
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

function normal(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number' && !Number.isInteger(value)) return Number(value.toPrecision(12))
  return value
}
