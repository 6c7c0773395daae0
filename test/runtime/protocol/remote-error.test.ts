/** Errors on their way between processes. */
import { expect, it } from 'vitest'
import { fromRemoteError, toRemoteError } from '../../../runtime/protocol/remote-error.ts'
import { SluiceError } from '../../../topology/errors.ts'

const overTheWire = (error: unknown) => fromRemoteError(JSON.parse(JSON.stringify(toRemoteError(error))))

it('keep code, message, fix, details, stack and causes', () => {
  const cause = new SluiceError('FILE_IO', 'the disk is gone', { details: { offset: 2n ** 60n } })
  const error = new SluiceError('OPERATOR_FAILED', 'it threw', { cause, fix: 'Mend it.', details: { uid: 'map' } })
  const there = overTheWire(error)
  expect(there).toMatchObject({
    code: 'OPERATOR_FAILED',
    message: 'it threw',
    fix: 'Mend it.',
    details: { uid: 'map' },
  })
  expect(there.stack).toBe(error.stack)
  expect(there.cause).toMatchObject({ code: 'FILE_IO', details: { offset: String(2n ** 60n) } })
})

it('hide nothing for details that can not be told', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const error = new SluiceError('OPERATOR_FAILED', 'it threw', { details: { circle, fn: () => 1, uid: 'map' } })
  expect(overTheWire(error)).toMatchObject({ code: 'OPERATOR_FAILED', details: { uid: 'map', fn: null } })
})

it('are INTERNAL when nobody threw them on purpose, whatever was thrown', () => {
  expect(overTheWire(new TypeError('no'))).toMatchObject({ code: 'INTERNAL', message: 'no' })
  expect(overTheWire('a string')).toMatchObject({ code: 'INTERNAL', message: 'a string' })
})
