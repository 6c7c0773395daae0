import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readAll, temporaryLog, text } from './setup.ts'

const script = fileURLToPath(new URL('./append-process.ts', import.meta.url))

interface Appending {
  readonly child: ChildProcess
  /** Lines of `partition offset id` that have been acknowledged so far. */
  acknowledged(): string[]
  readonly done: Promise<void>
}

function startAppending(path: string, name: string, calls: number): Appending {
  const child = spawn(process.execPath, [script, path, name, String(calls)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout!.setEncoding('utf8').on('data', (chunk) => {
    output += chunk
  })
  return {
    child,
    acknowledged: () =>
      output
        .slice(0, output.lastIndexOf('\n') + 1)
        .trimEnd()
        .split('\n')
        .filter(Boolean),
    done: once(child, 'close').then(() => {}),
  }
}

async function stored(path: string): Promise<string[]> {
  const { log, clock } = temporaryLog({ path })
  const records = await readAll(log.source('t'), clock)
  return records.map(({ partition, offset, value }) => `${partition} ${offset} ${text(value)}`)
}

function requireDense(lines: readonly string[]): void {
  const next = new Map<string, number>()
  for (const line of lines) {
    const [partition, offset] = line.split(' ') as [string, string]
    expect(Number(offset)).toBe(next.get(partition) ?? 0)
    next.set(partition, Number(offset) + 1)
  }
}

describe('several processes', () => {
  test('that open a new log and append at once lose nothing, double nothing and leave no gap', async () => {
    const { log, path } = temporaryLog()
    await log.close()
    const writers = ['a', 'b'].map((name) => startAppending(path, name, 100))
    await Promise.all(writers.map(({ done }) => done))
    const lines = await stored(path)
    requireDense(lines)
    expect(lines.toSorted()).toEqual(writers.flatMap((writer) => writer.acknowledged()).toSorted())
    expect(lines).toHaveLength(2_000)
  })

  test('of which one is killed while it appends: what was acknowledged is there, and appends are whole', async () => {
    const { log, path } = temporaryLog()
    await log.close()
    const killed = startAppending(path, 'killed', 1_000_000)
    const other = startAppending(path, 'other', 60)
    await expect.poll(() => killed.acknowledged().length, { timeout: 20_000 }).toBeGreaterThan(200)
    killed.child.kill('SIGKILL')
    await Promise.all([killed.done, other.done])
    const lines = await stored(path)
    requireDense(lines)
    const there = new Set(lines)
    const acknowledged = [...killed.acknowledged(), ...other.acknowledged()]
    expect(acknowledged.filter((line) => !there.has(line))).toEqual([])
    expect(other.acknowledged()).toHaveLength(600)
    expect(lines.filter((line) => line.includes('killed')).length % 10).toBe(0)
  })
})
