import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChunksOnDisk } from '../../../../runtime/state/disk/chunks-on-disk.ts'
import type { StateChunk } from '../../../../topology/contract/stage.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-chunks-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function chunk(state: string, text: string): StateChunk {
  const codec = { name: 'string', version: 1 }
  return { uid: 'op', state, codec, firstKeyGroup: 1, lastKeyGroup: 2, entries: 1, bytes: Buffer.from(text) }
}

const textsOf = (chunks: Iterable<StateChunk>) =>
  Array.from(chunks, ({ state, lastKeyGroup, bytes }) => `${state} ${lastKeyGroup} ${Buffer.from(bytes)}`)

describe('ChunksOnDisk', () => {
  it('gives back the chunks of each state, in order, in a file that no listing shows', () => {
    const waiting = new ChunksOnDisk(join(directory, 'made'))
    expect(textsOf(waiting.take('op/a'))).toEqual([])
    for (const [state, text] of [
      ['a', 'first'],
      ['b', 'other'],
      ['a', ''],
      ['a', 'last'],
    ] as const)
      waiting.put(`op/${state}`, chunk(state, text))
    expect(readdirSync(join(directory, 'made'))).toEqual([])
    expect(waiting.states()).toEqual(['op/a', 'op/b'])
    expect(textsOf(waiting.take('op/a'))).toEqual(['a 2 first', 'a 2 ', 'a 2 last'])
    expect(waiting.states()).toEqual(['op/b'])
    expect(textsOf(waiting.take('op/b'))).toEqual(['b 2 other'])
    waiting.put('op/c', chunk('c', 'again'))
    expect(textsOf(waiting.take('op/c'))).toEqual(['c 2 again'])
  })

  it('forgets them when it is closed', () => {
    const waiting = new ChunksOnDisk(directory)
    waiting.put('op/a', chunk('a', 'text'))
    waiting.close()
    expect(waiting.states()).toEqual([])
    waiting.close()
  })

  it('says what to do when it cannot write', () => {
    const file = join(directory, 'file')
    writeFileSync(file, '')
    const waiting = new ChunksOnDisk(file)
    expect(() => waiting.put('op/a', chunk('a', 'text'))).toThrow(
      expect.objectContaining({ code: 'STATE_DISK_FAILED', details: { directory: file } }),
    )
  })
})
