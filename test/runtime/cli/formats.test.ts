import { describe, expect, it } from 'vitest'
import { csvLine } from '../../../runtime/cli/csv.ts'
import { type Line, readLines } from '../../../runtime/cli/read-lines.ts'
import { parseAt } from '../../../runtime/cli/sql.ts'
import { textTable } from '../../../runtime/cli/text-table.ts'
import { formatBytes, formatElapsed } from '../../../runtime/cli/units.ts'

describe('textTable', () => {
  it('aligns columns, numbers at the right, wide characters counted as two', () => {
    const table = textTable(
      ['name', 'n'],
      [
        ['Zoë', '1'],
        ['日本', '1234'],
      ],
      { alignRight: new Set([1]) },
    )
    expect(table).toBe(['name     n', '────  ────', 'Zoë      1', '日本  1234', ''].join('\n'))
  })

  it('never sends control characters', () => {
    expect(textTable(['a'], [['\u001b[31mred\n\u202e']])).toContain('\\u001b[31mred\\n\\u202e')
  })

  it('cuts off what is too wide', () => {
    expect(textTable(['a'], [['x'.repeat(100)]], { maxCellWidth: 5 })).toContain('xxxx…\n')
  })
})

describe('csvLine', () => {
  it.each([
    [['a', 1, null, true], 'a,1,,true\r\n'],
    [['', 'a,b', 'say "x"', 'two\nlines'], '"","a,b","say ""x""","two\nlines"\r\n'],
    [[{ a: 1 }, [1, null]], '"{""a"":1}","[1,null]"\r\n'],
  ])('%j', (values, line) => expect(csvLine(values)).toBe(line))
})

describe('parseAt', () => {
  it.each([
    ['5123456789012345678', { snapshotId: 5_123_456_789_012_345_678n }],
    ['2026-01-31', { asOfMs: Date.UTC(2026, 0, 31) }],
    ['2026-01-31T12:00:00Z', { asOfMs: Date.UTC(2026, 0, 31, 12) }],
    ['2026-01-31 12:00', { asOfMs: Date.UTC(2026, 0, 31, 12) }],
    ['2026-01-31T12:00:00.5+02:00', { asOfMs: Date.UTC(2026, 0, 31, 10, 0, 0, 500) }],
  ])('%s', (at, timeTravel) => expect(parseAt(at)).toEqual(timeTravel))

  it.each(['', 'now', '2026', '2026-13-01', '31.01.2026'])('refuses %j', (at) =>
    expect(() => parseAt(at)).toThrow('--at is'),
  )
})

describe('readLines', () => {
  async function linesOf(chunks: readonly string[], maxLineBytes = 100) {
    const lines: Line[] = []
    const input = (async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk)
    })()
    for await (const line of readLines(input, maxLineBytes)) lines.push(line)
    return lines.map(({ number, bytes }) => [number, bytes === undefined ? undefined : Buffer.from(bytes).toString()])
  }

  it.each([
    [[], []],
    [
      ['a\nb'],
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    [['a\n'], [[1, 'a']]],
    [
      ['a', 'b', 'c\nd', '\n\n'],
      [
        [1, 'abc'],
        [2, 'd'],
        [3, ''],
      ],
    ],
    [['a\r\n'], [[1, 'a\r']]],
  ])('splits %j', async (chunks, lines) => expect(await linesOf(chunks)).toEqual(lines))

  it('skips a line that is too long and goes on', async () => {
    expect(await linesOf(['aaa', 'aaa', 'a\nb\n'], 5)).toEqual([
      [1, undefined],
      [2, 'b'],
    ])
  })
})

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_500, '1.5 kB'],
    [999_960, '1.0 MB'],
    [12_345_678_901n, '12.3 GB'],
  ])('%s', (sizeBytes, text) => expect(formatBytes(sizeBytes)).toBe(text))
})

describe('formatElapsed', () => {
  it.each([
    [0, '0 ms'],
    [249.6, '250 ms'],
    [4_234, '4.2 s'],
    [60_000, '1 min'],
    [185_000, '3 min 5 s'],
    [7_380_000, '2 h 3 min'],
    [7_200_000, '2 h'],
    [100_800_000, '1 d 4 h'],
  ])('%i', (durationMs, text) => expect(formatElapsed(durationMs)).toBe(text))
})
