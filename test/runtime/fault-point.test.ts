import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import {
  claimedFaultFile,
  FAULT_POINTS,
  type FaultPoint,
  type FaultSettings,
  faultPoint,
  setFaults,
} from '../../runtime/fault-point.ts'
import { isStopped } from '../support/process-state.ts'
import { until } from '../support/run-process.ts'

afterEach(() => setFaults({}))

const MODULE = new URL('../../runtime/fault-point.ts', import.meta.url).href

/** Passes `task.after-batch` three times in a process of its own, printing after each. */
function passInChild(faults: FaultSettings) {
  const script = `
    const { faultPoint } = await import(${JSON.stringify(MODULE)})
    for (let pass = 1; pass <= 3; pass++) { faultPoint('task.after-batch'); console.log(pass) }`
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, ...faults },
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
    const child = passInChild({ SLUICE_FAULT: 'task.after-batch:3' })
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
    })
    const [, signal] = await once(child, 'close')
    expect(signal).toBe('SIGKILL')
    expect(output).toBe('1\n2\n')
  })

  it('hangs for good', async () => {
    const child = passInChild({ SLUICE_FAULT: 'task.after-batch:2=hang' })
    const [output] = await once(child.stdout, 'data')
    child.kill('SIGTERM')
    const [, signal] = await once(child, 'close')
    expect(String(output)).toBe('1\n')
    expect(signal).toBe('SIGTERM')
  })

  it('stops itself, and goes on from there when it is continued', async () => {
    const child = passInChild({ SLUICE_FAULT: 'task.after-batch:2=stop' })
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
    })
    await until('the process is stopped', () => output === '1\n' && isStopped(child.pid!))
    child.kill('SIGCONT')
    const [code] = await once(child, 'close')
    expect({ code, output }).toEqual({ code: 0, output: '1\n2\n3\n' })
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
    ['task.after-batch:0', 'the fault is "task.after-batch:0"'],
    ['task.after-batch=explode', 'the fault is "task.after-batch=explode"'],
    ['toString', 'there is no fault point "toString"'],
  ])('%s is refused', (fault, message) => {
    expect(() => setFaults({ SLUICE_FAULT: fault })).toThrow(message)
  })
})

describe('SLUICE_FAULT_FILE', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-fault-'))
  const file = join(directory, 'fault')
  afterEach(() => rmSync(claimedFaultFile(file), { force: true }))
  afterAll(() => rmSync(directory, { recursive: true }))

  it('is looked into while the process runs; the fault is claimed before it happens, and happens once', () => {
    setFaults({ SLUICE_FAULT_FILE: file })
    faultPoint('checkpoint.after-manifest')
    writeFileSync(file, 'restore.after-load=throw\n')
    faultPoint('restore.after-fence')
    expect(() => faultPoint('restore.after-load')).toThrow(expect.objectContaining({ code: 'FAULT_INJECTED' }))
    expect(readFileSync(claimedFaultFile(file), 'utf8')).toMatch(
      new RegExp(`^restore\\.after-load=throw\\s+${process.pid} \\d+\\n$`),
    )
    expect(existsSync(file)).toBe(false)
    expect(() => faultPoint('restore.after-load')).not.toThrow()
  })

  it('of several processes one fails', async () => {
    writeFileSync(file, 'task.after-batch')
    const children = Array.from({ length: 4 }, () => passInChild({ SLUICE_FAULT_FILE: file }))
    const ends = await Promise.all(children.map((child) => once(child, 'close')))
    expect(ends.filter(([, signal]) => signal === 'SIGKILL').length).toBe(1)
    const dead = children[ends.findIndex(([, signal]) => signal === 'SIGKILL')]!
    expect(readFileSync(claimedFaultFile(file), 'utf8')).toContain(` ${dead.pid} `)
  })
})
