import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followFile } from '../../../runtime/control/follow-file.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'

let directory: string
const file = () => join(directory, 'log')
/** Looks again without waiting long. */
const clock = { ...systemClock, schedule: (_: number, callback: () => void) => systemClock.schedule(1, callback) }

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-log-'))
})

afterAll(() => rmSync(directory, { recursive: true }))

const lastOf = (text: string, tail: number) => {
  writeFileSync(file(), text)
  return Array.fromAsync(followFile(file(), clock, { tail }))
}

describe('followFile', () => {
  it.each([
    ['', 3, []],
    ['a', 3, ['a']],
    ['a\n', 3, ['a']],
    ['a\nb\nc\nd\n', 3, ['b', 'c', 'd']],
    ['a\nb\nc\nd', 3, ['b', 'c', 'd']],
    ['a\n\n\n', 2, ['', '']],
    ['\n', 1, ['']],
    ['a\nb\n', 0, []],
  ])('%j, the last %i', async (text, tail, lines) => expect(await lastOf(text, tail)).toEqual(lines))

  it('finds its lines over many blocks, and splits no character', async () => {
    const long = `ä${'x'.repeat(100_000)}日`
    expect(await lastOf(`first\n${long}\n${long}\nlast\n`, 3)).toEqual([long, long, 'last'])
    const many = Array.from({ length: 50_000 }, (_, index) => `line ${index}`)
    expect(await lastOf(`${many.join('\n')}\n`, 20_000)).toEqual(many.slice(-20_000))
  })

  it('follows what is added, a whole line at a time', async () => {
    writeFileSync(file(), 'old\na\n')
    const controller = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      const options = { tail: 1, follow: true, signal: controller.signal }
      for await (const line of followFile(file(), clock, options)) seen.push(line)
    })()
    await expect.poll(() => seen).toEqual(['a'])
    appendFileSync(file(), 'b\nhal')
    await expect.poll(() => seen).toEqual(['a', 'b'])
    appendFileSync(file(), 'f\n')
    await expect.poll(() => seen).toEqual(['a', 'b', 'half'])
    writeFileSync(file(), 'anew\n')
    await expect.poll(() => seen).toEqual(['a', 'b', 'half', 'anew'])
    controller.abort()
    await following
  })

  it('says which file is not there', async () => {
    await expect(Array.fromAsync(followFile(join(directory, 'none'), clock))).rejects.toMatchObject({
      code: 'LOG_NOT_FOUND',
      details: { file: join(directory, 'none') },
    })
  })
})
