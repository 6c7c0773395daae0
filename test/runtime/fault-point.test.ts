import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { FAULT_POINTS, type FaultPoint, faultPoint, setFaults } from '../../runtime/fault-point.ts'

afterEach(() => setFaults({}))

const MODULE = new URL('../../runtime/fault-point.ts', import.meta.url).href

/** Passes `task.after-batch` three times in a process of its own, printing after each. */
function passInChild(fault: string) {
  const script = `
    const { faultPoint } = await import(${JSON.stringify(MODULE)})
    for (let pass = 1; pass <= 3; pass++) { faultPoint('task.after-batch'); console.log(pass) }`
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, SLUICE_FAULT: fault },
  })
}

describe('faultPoint', () => {
  it('does nothing unless told to', () => {
    for (const name of Object.keys(FAULT_POINTS)) faultPoint(name as FaultPoint)
    expect(() => faultPoint('task.after-batch')).not.toThrow()
  })

  it('throws at the passing it was told, and at no other', () => {
    setFaults({ SLUICE_FAULT: 'task.after-batch:2=throw' })
    faultPoint('task.after-batch')
    faultPoint('source.after-poll')
    expect(() => faultPoint('task.after-batch')).toThrow(expect.objectContaining({ code: 'FAULT_INJECTED' }))
    expect(() => faultPoint('task.after-batch')).not.toThrow()
  })

  it('kills the process before the next statement', async () => {
    const child = passInChild('task.after-batch:3')
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
    })
    const [, signal] = await once(child, 'close')
    expect(signal).toBe('SIGKILL')
    expect(output).toBe('1\n2\n')
  })

  it('hangs for good', async () => {
    const child = passInChild('task.after-batch:2=hang')
    const [output] = await once(child.stdout, 'data')
    child.kill('SIGTERM')
    const [, signal] = await once(child, 'close')
    expect(String(output)).toBe('1\n')
    expect(signal).toBe('SIGTERM')
  })

  it('traces each name once, in the order of first passing', () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-fault-'))
    try {
      const file = join(directory, 'trace')
      setFaults({ SLUICE_FAULT_TRACE: file })
      faultPoint('source.after-poll')
      faultPoint('task.after-batch')
      faultPoint('source.after-poll')
      expect(readFileSync(file, 'utf8')).toBe('source.after-poll\ntask.after-batch\n')
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('refuses a name that is not in the table', () => {
    setFaults({ SLUICE_FAULT: 'task.after-batch=throw' })
    expect(() => faultPoint('task.after-bath' as FaultPoint)).toThrow('there is no fault point "task.after-bath"')
  })
})

describe('SLUICE_FAULT', () => {
  it.each([
    ['task.after-bath', 'there is no fault point "task.after-bath"'],
    ['task.after-batch:0', 'SLUICE_FAULT is "task.after-batch:0"'],
    ['task.after-batch=explode', 'SLUICE_FAULT is "task.after-batch=explode"'],
    ['toString', 'there is no fault point "toString"'],
  ])('%s is refused', (fault, message) => {
    expect(() => setFaults({ SLUICE_FAULT: fault })).toThrow(message)
  })
})
