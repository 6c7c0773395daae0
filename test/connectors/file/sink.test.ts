import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openFileEndpoints } from '../../../connectors/file/file.ts'
import { Batch } from '../../../topology/element.ts'
import { type FileFormat, files } from '../../../topology/files.ts'
import {
  binary,
  date,
  decimal,
  int,
  jsonDeserializer,
  long,
  time,
  timestamptz,
} from '../../../topology/schema/index.ts'
import { sinkConformance } from '../../conformance/sink.ts'
import { Line, openReader, put, readAll, sinkContext, temporaryFolder } from './setup.ts'

async function rowsIn(folder: string, endpoint: Parameters<ReturnType<typeof openFileEndpoints>['source']>[0]) {
  const { decode } = jsonDeserializer(endpoint.schema)
  const records = await readAll(await openReader(openFileEndpoints({ cwd: folder }).source(endpoint)))
  return records.map(({ value }) => decode(value)).map((result) => (result.ok ? result.value : result.reason))
}

describe.each(['jsonl', 'csv', 'parquet'] satisfies FileFormat[])('%s files as a sink', (format) => {
  test.each(sinkConformance)('$name', async ({ run }) => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'out'))
    const endpoint = files('out', Line, { format })
    await run({
      open: () => openFileEndpoints({ cwd: folder }).sink(endpoint),
      row: (n) => ({ n }),
      visible: async () => ((await rowsIn(folder, endpoint)) as { n: number }[]).map(({ n }) => n),
      canRewind: true,
    })
  })

  test('gives back what was written, of every type', async () => {
    const Row = z.object({
      text: z.string().nullable(),
      long: long(),
      int: int().nullable(),
      double: z.number(),
      flag: z.boolean().nullable(),
      small: decimal(9, 2),
      large: decimal(38, 10).nullable(),
      at: timestamptz(),
      on: date().nullable(),
      time: time(),
      bytes: binary().nullable(),
    })
    const rows = [
      {
        text: 'a "b",\r\nü 😀 ',
        long: 9007199254740993n,
        int: -5,
        double: 0.1,
        flag: true,
        small: -1999,
        large: -12345678901234567890123456789n,
        at: 1767323045123456n,
        on: 20_000,
        time: 1n,
        bytes: new Uint8Array([0, 255]),
      },
      {
        text: '',
        long: -1n,
        int: null,
        double: -1e300,
        flag: false,
        small: 0,
        large: null,
        at: 0n,
        on: null,
        time: 86_399_999_999n,
        bytes: null,
      },
      {
        text: null,
        long: 0n,
        int: 0,
        double: 0,
        flag: null,
        small: 1,
        large: 1n,
        at: -1n,
        on: -1,
        time: 0n,
        bytes: new Uint8Array(0),
      },
    ]
    const folder = temporaryFolder()
    const endpoint = files('out', Row, { format })
    const sink = openFileEndpoints({ cwd: folder }).sink(endpoint)
    const committer = await sink.createCommitter(sinkContext())
    await committer.fence({ epoch: 1n, restored: undefined, allowRewind: false })
    const writer = await sink.createWriter(sinkContext())
    await writer.write(new Batch(rows))
    const committables = await writer.prepareCommit(1n)
    await committer.commit({ epoch: 1n, checkpointEpoch: 1n, checkpointId: 1n, watermarkMs: undefined, committables })
    expect(await rowsIn(folder, endpoint)).toEqual(rows)
  })
})

describe('names and sizes', () => {
  test('rolls by size; names tell job, sink, subtask, epoch, checkpoint and number', async () => {
    const folder = temporaryFolder()
    const sink = openFileEndpoints({ cwd: folder }).sink(files('out', Line, { format: 'jsonl', rollBytes: 20 }))
    const committer = await sink.createCommitter(sinkContext({ epoch: 4n }))
    await committer.fence({ epoch: 4n, restored: undefined, allowRewind: false })
    const writer = await sink.createWriter(sinkContext({ epoch: 4n, subtask: 2 }))
    for (let n = 0; n < 5; n++) await writer.write(new Batch([{ n }]))
    const committables = await writer.prepareCommit(7n)
    await committer.commit({ epoch: 4n, checkpointEpoch: 4n, checkpointId: 7n, watermarkMs: undefined, committables })
    const names = readdirSync(join(folder, 'out')).filter((name) => name !== '_sluice')
    expect(names.sort()).toEqual([0, 1].map((n) => `job-sink_test_-2-4-7-${n}.jsonl`))
    expect(readFileSync(join(folder, 'out', names[0]!), 'utf8')).toBe('{"n":0}\n{"n":1}\n{"n":2}\n')
    expect(readdirSync(join(folder, 'out', '_sluice', 'job', encodeURIComponent('sink(test)')))).toEqual([
      'progress.json',
    ])
  })

  test('leaves files alone that are not its own when it goes back', async () => {
    const folder = temporaryFolder()
    const sink = openFileEndpoints({ cwd: folder }).sink(files('.', Line, { format: 'jsonl' }))
    const committer = await sink.createCommitter(sinkContext())
    await committer.fence({ epoch: 1n, restored: undefined, allowRewind: false })
    await committer.commit({
      epoch: 1n,
      checkpointEpoch: 1n,
      checkpointId: 9n,
      watermarkMs: undefined,
      committables: [],
    })
    for (const name of ['other-sink_test_-0-1-9-0.jsonl', 'job-sink_test_-notes.jsonl']) put(folder, name, '1\n')
    put(folder, 'job-sink_test_-0-1-9-0.jsonl', '1\n')
    await committer.fence({ epoch: 2n, restored: undefined, allowRewind: true })
    expect(readdirSync(folder).sort()).toEqual([
      '_sluice',
      'job-sink_test_-notes.jsonl',
      'other-sink_test_-0-1-9-0.jsonl',
    ])
  })

  test('is told when what waits for its checkpoint is not there', async () => {
    const folder = temporaryFolder()
    const sink = openFileEndpoints({ cwd: folder }).sink(files('out', Line, { format: 'jsonl' }))
    const committer = await sink.createCommitter(sinkContext())
    await committer.fence({ epoch: 1n, restored: undefined, allowRewind: false })
    const committables = [{ staged: '1-0-0.jsonl', name: 'job-sink_test_-0-1-1-0.jsonl' }]
    await expect(
      committer.commit({ epoch: 1n, checkpointEpoch: 1n, checkpointId: 1n, watermarkMs: undefined, committables }),
    ).rejects.toMatchObject({ code: 'STAGED_OUTPUT_MISSING' })
  })

  test('a nested column is refused for Parquet', async () => {
    const Nested = z.object({ tags: z.array(z.string()) })
    const sink = openFileEndpoints({ cwd: temporaryFolder() }).sink(files('out', Nested, { format: 'parquet' }))
    const writer = await sink.createWriter(sinkContext())
    await writer.write(new Batch([{ tags: ['a'] }]))
    await expect(writer.prepareCommit(1n)).rejects.toMatchObject({ code: 'ENDPOINT_INVALID' })
  })
})

test('CSV is quoted where it must be', async () => {
  const folder = temporaryFolder()
  const Row = z.object({ 'a,b': z.string().nullable(), n: z.number().nullable() })
  const sink = openFileEndpoints({ cwd: folder }).sink(files('out', Row, { format: 'csv' }))
  const committer = await sink.createCommitter(sinkContext())
  await committer.fence({ epoch: 1n, restored: undefined, allowRewind: false })
  const writer = await sink.createWriter(sinkContext())
  await writer.write(
    new Batch([
      { 'a,b': 'x', n: 1 },
      { 'a,b': null, n: null },
      { 'a,b': '', n: 2 },
    ]),
  )
  const committables = await writer.prepareCommit(1n)
  await committer.commit({ epoch: 1n, checkpointEpoch: 1n, checkpointId: 1n, watermarkMs: undefined, committables })
  const [name] = readdirSync(join(folder, 'out')).filter((each) => each.endsWith('.csv'))
  expect(readFileSync(join(folder, 'out', name!), 'utf8')).toBe('"a,b",n\nx,1\n,\n"",2\n')
})
