import { appendFileSync, mkdirSync, readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openFileEndpoints } from '../../../connectors/file/file.ts'
import { files } from '../../../topology/files.ts'
import { decimal, jsonDeserializer, long, timestamptz } from '../../../topology/schema/index.ts'
import { sourceConformance } from '../../conformance/source.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'
import { Line, openReader, put, readAll, readerContext, temporaryFolder, text } from './setup.ts'

const jsonlOf = (cwd: string, rangeBytes?: number) =>
  openFileEndpoints({ cwd, ...(rangeBytes === undefined ? {} : { rangeBytes }) }).source(files('*.jsonl', Line))

describe('files as a source', () => {
  test.each(sourceConformance.filter(({ needs }) => needs === undefined))('$name', async ({ run }) => {
    const folder = temporaryFolder()
    for (const partition of [0, 1, 2]) put(folder, `${partition}.jsonl`, '')
    const clock = new ManualClock()
    await run({
      source: jsonlOf(folder),
      context: readerContext(clock),
      append: async (partition, values, timestampMs = 0) => {
        const path = join(folder, `${partition}.jsonl`)
        appendFileSync(path, values.map((value) => `${value}\n`).join(''))
        utimesSync(path, timestampMs / 1000, timestampMs / 1000)
      },
      advanceMs: (durationMs) => clock.advance(durationMs),
    })
  })

  test('finds whole files in order of their names, and new ones beside those it knows', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, '_sluice'))
    for (const name of ['b.jsonl', 'a.jsonl', '.hidden.jsonl', '_part.jsonl', 'c.jsonl.tmp', 'd.csv'])
      put(folder, name, '1\n')
    const source = jsonlOf(folder)
    const ids = async () => (await source.discoverSplits({})).map(({ id }) => id)
    expect(await ids()).toEqual(['a.jsonl', 'b.jsonl'])
    put(folder, 'aa.jsonl', '2\n')
    expect(await ids()).toEqual(['a.jsonl', 'aa.jsonl', 'b.jsonl'])
    expect(await jsonlOf(join(folder, 'not-there')).discoverSplits({})).toEqual([])
  })

  test('starts and stops by the time of files', async () => {
    const folder = temporaryFolder()
    for (const [name, seconds] of [
      ['a.jsonl', 1],
      ['b.jsonl', 2],
      ['c.jsonl', 3],
    ] as const) {
      put(folder, name, `"${name}"\n`)
      utimesSync(join(folder, name), seconds, seconds)
    }
    const source = jsonlOf(folder)
    const read = async (bounds: Parameters<typeof source.discoverSplits>[0]) => {
      const splits = await source.discoverSplits(bounds)
      return (
        await readAll(
          await openReader(
            source,
            splits.map((split) => ({ ...split, position: split.start })),
          ),
        )
      ).map(text)
    }
    expect(await read({ from: { timestampMs: 2_000 } })).toEqual(['"b.jsonl"', '"c.jsonl"'])
    expect(await read({ until: { timestampMs: 3_000 } })).toEqual(['"a.jsonl"', '"b.jsonl"'])
    expect(await read({ from: 'latest' })).toEqual([])
  })

  test('takes lines as they stand: CRLF, a byte order mark, empty lines, no line end at the end', async () => {
    const folder = temporaryFolder()
    put(folder, 'a.jsonl', '\uFEFF1\r\n\n2\n\r\n 3\n4')
    const reader = await openReader(jsonlOf(folder))
    expect((await readAll(reader)).map(text)).toEqual(['1', '2', ' 3', '4'])
    expect(reader.snapshot()[0]!.position).toBe('4/end')
  })

  test('reads what gzip compressed, and goes on within it', async () => {
    const folder = temporaryFolder()
    put(folder, 'a.jsonl.gz', gzipSync('1\n2\n3\n'))
    const source = openFileEndpoints({ cwd: folder }).source(files('*.jsonl.gz', Line))
    const reader = await openReader(source)
    await reader.poll(1)
    expect((await readAll(await openReader(source, reader.snapshot()))).map(text)).toEqual(['2', '3'])
  })

  test(`reads each line of a large file once, however it is cut into ranges (seed ${FRESH_SEED})`, async () => {
    const folder = temporaryFolder()
    const cut = fc.asyncProperty(
      fc.array(fc.nat(20), { maxLength: 40 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 10 }),
      async (lengths, endsInNewline, rangeBytes, polls) => {
        const lines = lengths.map((length, i) => `${i}${'x'.repeat(length)}`)
        put(folder, 'a.jsonl', lines.join('\n') + (endsInNewline ? '\n' : ''))
        const source = jsonlOf(folder, rangeBytes)
        await using reader = await openReader(source)
        const before: string[] = []
        for (const maxRows of polls) before.push(...((await reader.poll(maxRows))?.values.map(text) ?? []))
        await using restored = await openReader(source, reader.snapshot())
        expect([...before, ...(await readAll(restored)).map(text)].sort()).toEqual(lines.toSorted())
      },
    )
    await fc.assert(cut, runs(10_000))
  })

  test('lets files rest that are ahead, and begins those behind them', async () => {
    const folder = temporaryFolder()
    const names = Array.from({ length: 12 }, (_, i) => `${String(i).padStart(2, '0')}.jsonl`)
    for (const name of names) put(folder, name, `"${name}"\n"${name}"\n`)
    const reader = await openReader(jsonlOf(folder))
    const first = await reader.poll(1)
    reader.pauseOrResume!(names.slice(0, 9), [])
    const rest = (await readAll(reader)).map(text)
    expect([...new Set(rest)].sort()).toEqual(names.slice(9).map((name) => `"${name}"`))
    reader.pauseOrResume!([], names)
    expect([...first!.values.map(text), ...rest, ...(await readAll(reader)).map(text)]).toHaveLength(24)
  })

  test('a file that shrank, and one that is gone, are told', async () => {
    const folder = temporaryFolder()
    put(folder, 'a.jsonl', '1\n2\n')
    const source = jsonlOf(folder)
    const [split] = await source.discoverSplits({})
    const shrunk = await openReader(source, [{ ...split!, position: '7/99' }])
    await expect(shrunk.poll(1)).rejects.toMatchObject({ code: 'FILE_CHANGED' })
    const gone = await openReader(source, [{ ...split!, id: 'gone.jsonl', position: '0/0' }])
    await expect(gone.poll(1)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })

  test('names file and record', async () => {
    const folder = temporaryFolder()
    put(folder, 'a.jsonl', '{"n":1}\n{"n":"x"}\n')
    const endpoint = files('*.jsonl', Line)
    const records = await readAll(await openReader(openFileEndpoints({ cwd: folder }).source(endpoint)))
    expect(records.map(endpoint.placeOf)).toEqual([
      expect.stringMatching(/a\.jsonl, record 1$/),
      expect.stringMatching(/a\.jsonl, record 2$/),
    ])
  })
})

describe('CSV', () => {
  const Order = z.object({
    id: long(),
    name: z.string().nullable(),
    amount: decimal(18, 2),
    paid: z.boolean(),
    at: timestamptz(),
    tags: z.array(z.string()).nullable(),
  })
  const read = async (content: string, options = {}) => {
    const folder = temporaryFolder()
    put(folder, 'a.csv', content)
    const endpoint = files('*.csv', Order, options)
    return readAll(await openReader(openFileEndpoints({ cwd: folder }).source(endpoint)), 2)
  }

  test('reads columns by the types of the schema', async () => {
    const records = await read(
      'id,name,amount,paid,at,tags\r\n' +
        '9007199254740993,"a ""quoted"", name\r\nover two lines",19.90,true,2026-01-02T03:04:05Z,"[""x"",""y""]"\r\n' +
        '2,,0,false,2026-01-02T03:04:05.123456Z,\r\n' +
        '3,"",1e2,false,2026-01-02T03:04:05Z,',
    )
    const { decode } = jsonDeserializer(Order)
    expect(records.map(({ offset }) => offset)).toEqual([0n, 1n, 2n])
    expect(records.map(({ value }) => (decode(value) as { value: unknown }).value)).toEqual([
      {
        id: 9007199254740993n,
        name: 'a "quoted", name\r\nover two lines',
        amount: 1990n,
        paid: true,
        at: 1767323045000000n,
        tags: ['x', 'y'],
      },
      { id: 2n, name: null, amount: 0n, paid: false, at: 1767323045123456n, tags: null },
      { id: 3n, name: '', amount: 10000n, paid: false, at: 1767323045000000n, tags: null },
    ])
  })

  test('passes on what is no record, for the schema to reject', async () => {
    const records = await read('id;name\n1;a\n2;b;c\n3\nx;y\n', { delimiter: ';' })
    expect(records.map(text)).toEqual(['{"id":1,"name":"a"}', '2;b;c', '3', '{"id":"x","name":"y"}'])
  })

  test('refuses quotes that are not closed, naming file and record', async () => {
    await expect(read('id,name\n1,a\n2,"b\n3,c\n')).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: expect.stringMatching(/a\.csv, record 2/),
    })
  })

  test('goes on from every record', async () => {
    const folder = temporaryFolder()
    put(folder, 'a.csv', 'id,name\n1,"x\ny"\n2,b\n\n3,"c,"\n')
    const source = openFileEndpoints({ cwd: folder }).source(files('*.csv', Order))
    const reader = await openReader(source)
    const before: string[] = []
    for (;;) {
      const rest = (await readAll(await openReader(source, JSON.parse(JSON.stringify(reader.snapshot()))))).map(text)
      expect([...before, ...rest]).toEqual(['{"id":1,"name":"x\\ny"}', '{"id":2,"name":"b"}', '{"id":3,"name":"c,"}'])
      const batch = await reader.poll(1)
      if (batch === undefined) break
      before.push(...batch.values.map(text))
    }
  })
})

test('a record of a megabyte, and one longer than a chunk behind it', async () => {
  const folder = temporaryFolder()
  const large = 'x'.repeat(1 << 20)
  put(folder, 'a.jsonl', `${large}\n1\n${large}2\n`)
  expect((await readAll(await openReader(jsonlOf(folder)))).map(text)).toEqual([large, '1', `${large}2`])
  expect(readFileSync(join(folder, 'a.jsonl')).length).toBeGreaterThan(2 << 20)
})
