/** The events are those of every engine, byte for byte. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { eventLine } from '../../../jobs/nexmark/generator/event-line.ts'
import { Generator } from '../../../jobs/nexmark/generator/generator.ts'
import { nexmarkSource } from '../../../jobs/nexmark/generator/source.ts'
import { NexmarkEvent } from '../../../jobs/nexmark/schemas.ts'
import type { SplitState } from '../../../topology/contract/source.ts'
import { runProcess } from '../../support/run-process.ts'
import { SCALE } from '../../support/scale.ts'

/** What two independent implementations agree on. */
const KNOWN = [
  { events: 100_000, bytes: 29_437_439, sha256: 'b55cc766a98d37e74aa3d2ffe1e0a32c1629e5c0ae04bf26e4f8be27cf46fe05' },
  {
    events: 5_000_000,
    bytes: 1_484_588_374,
    sha256: '7914518d040bdf95b7bd6fbc528d14811c5d01294726fa2e11bf72b9b51d73de',
  },
]

test.each(SCALE === 'quick' ? KNOWN.slice(0, 1) : KNOWN)('$events events have the known bytes', (known) => {
  const generator = new Generator()
  const hash = createHash('sha256')
  let bytes = 0
  for (let n = 0; n < known.events; n++) {
    const line = eventLine(generator.event(n))
    bytes += line.length
    hash.update(line)
  }
  expect({ bytes, sha256: hash.digest('hex') }).toEqual({ bytes: known.bytes, sha256: known.sha256 })
})

test('an event does not depend on the ones before it', () => {
  const [inOrder, backwards] = [new Generator(), new Generator()]
  const expected = Array.from({ length: 500 }, (_, n) => inOrder.event(n))
  for (let n = 499; n >= 0; n--) expect(backwards.event(n)).toEqual(expected[n])
})

test('events are as their schema says', () => {
  const generator = new Generator()
  for (let n = 0; n < 200; n++) expect(NexmarkEvent.parse(generator.event(n))).toEqual(generator.event(n))
})

test('splits deal out every event once, from any position', async () => {
  const source = nexmarkSource({ events: 10_007, splits: 3 })
  const generator = new Generator()
  const splits = await source.discoverSplits({})
  const read = (states: readonly SplitState[], batches: number) => {
    const reader = source.createReader({} as never)
    void reader.assign(states)
    const rows: unknown[] = []
    for (let i = 0; i < batches; i++)
      rows.push(...((reader.poll(100) as { values: unknown[] } | undefined)?.values ?? []))
    return { rows, positions: reader.snapshot(), isAtEnd: states.every(({ id }) => reader.atEnd(id)) }
  }
  const first = read(
    splits.map((split) => ({ ...split, position: split.start })),
    10,
  )
  expect(first.isAtEnd).toBe(false)
  const rest = read(first.positions, 200)
  expect(rest.isAtEnd).toBe(true)
  const byTime = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort()
  const all = Array.from({ length: 10_007 }, (_, n) => generator.event(n))
  expect(byTime([...first.rows, ...rest.rows])).toEqual(byTime(all))
})

test('a reader waits behind the last event only', async () => {
  const source = nexmarkSource({ events: 10 })
  const reader = source.createReader({} as never)
  await reader.assign((await source.discoverSplits({})).map((split) => ({ ...split, position: split.start })))
  const never = new AbortController()
  await reader.wait(0, never.signal)
  reader.poll(100)
  let waited = false
  const waiting = reader.wait(0, never.signal).then(() => {
    waited = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(waited).toBe(false)
  never.abort()
  await waiting
})

test('events happen as many a second as simulate.ts is told', async () => {
  const { stdout } = await runProcess('jobs/nexmark/simulate.ts', ['3', '500'])
  const generator = new Generator({ eventsPerSecond: 500 })
  expect(stdout).toBe([0, 1, 2].map((n) => eventLine(generator.event(n))).join(''))
})

test('simulate.ts prints the lines, and refuses what is no number', async () => {
  const { stdout } = await runProcess('jobs/nexmark/simulate.ts', ['3'])
  const generator = new Generator()
  expect(stdout).toBe([0, 1, 2].map((n) => eventLine(generator.event(n))).join(''))
  expect((await runProcess('jobs/nexmark/simulate.ts', ['many'])).code).toBe(2)
  expect((await runProcess('jobs/nexmark/simulate.ts', ['3', '0'])).code).toBe(2)
})
