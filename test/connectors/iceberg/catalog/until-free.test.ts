import { expect, it } from 'vitest'
import { untilFree } from '../../../../connectors/iceberg/catalog/until-free.ts'

const failing = (errcode: number | undefined) => Object.assign(new Error('database is locked'), { errcode })
const SQLITE_BUSY = 5
const SQLITE_BUSY_RECOVERY = 261
const SQLITE_FULL = 13

it.each([SQLITE_BUSY, SQLITE_BUSY_RECOVERY])('tries again while it is taken (%i)', (errcode) => {
  let tries = 0
  const opened = untilFree(60_000, () => {
    if (++tries < 3) throw failing(errcode)
    return 'open'
  })
  expect([opened, tries]).toEqual(['open', 3])
})

it.each([SQLITE_FULL, undefined])('passes on what waiting does not mend (%s)', (errcode) => {
  let tries = 0
  expect(() =>
    untilFree(60_000, () => {
      tries++
      throw failing(errcode)
    }),
  ).toThrow('database is locked')
  expect(tries).toBe(1)
})

it('gives up when its time is over', () => {
  expect(() =>
    untilFree(0, () => {
      throw failing(SQLITE_BUSY)
    }),
  ).toThrow('database is locked')
})
