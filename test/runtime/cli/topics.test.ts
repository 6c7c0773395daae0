import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cli } from './cli-harness.ts'

const root = join(import.meta.dirname, '../../..')
let cwd: string

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-topics-'))
  symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

let jobs = 0

/** A job file that declares `orders` and `copies`, under a name of its own: modules are loaded once. */
function jobFile(orders: string, copies: string): string {
  const name = `./job-${jobs++}.ts`
  writeFileSync(
    join(cwd, name),
    `import { z } from 'zod'
     import { days, to, topic, topology } from '${join(root, 'topology/index.ts')}'
     const Order = z.object({ id: z.string() })
     export default topology('copy', ({ from }) => {
       from(topic('orders', Order, ${orders})).pipe(to(topic('copies', Order, ${copies})))
     })`,
  )
  return name
}

const run = async (...argv: string[]) => cli(['topics', ...argv], { cwd })
const json = async (...argv: string[]) => JSON.parse((await run(...argv, '--format', 'json')).stdout)

describe('runtime topics create', () => {
  it('makes what a job declares, once', async () => {
    const job = jobFile('{ partitions: 2, retention: days(7) }', "{ cleanupPolicy: 'compact', key: 'id' }")
    expect((await run('create', job)).stdout).toBe('orders is made\ncopies is made\n')
    expect((await run('create', job)).stdout).toBe('orders is there already\ncopies is there already\n')
    expect(await json()).toMatchObject([
      { topic: 'copies', retentionMs: null, cleanupPolicy: 'compact' },
      { topic: 'orders', retentionMs: 604_800_000, cleanupPolicy: 'delete', partitions: [{}, {}] },
    ])
    expect(await json('list')).toEqual(await json())
  })

  it('makes one by options, and tells what differs of one that is there', async () => {
    const options = ['--partitions', '3', '--retention', '2d', '--cleanup-policy', 'compact,delete']
    expect(await json('create', 'orders.dlq', ...options)).toEqual([{ topic: 'orders.dlq', created: true, drift: [] }])
    const { code, stdout } = await run('create', 'orders.dlq', '--retention', 'forever')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^orders.dlq {2}retention {2}2d {2}forever$/m)
  })

  it('refuses options beside a job file', async () => {
    const { code, stderr } = await run('create', jobFile('{}', '{}'), '--partitions', '3')
    expect(code).toBe(2)
    expect(stderr).toContain('declares its topics itself')
  })
})

describe('runtime topics describe', () => {
  it('shows partitions, and what differs from the declaration', async () => {
    await run('create', jobFile('{ partitions: 2 }', '{}'))
    const job = jobFile('{ partitions: 3, retention: days(7) }', '{}')
    const { stdout } = await run('describe', job)
    expect(stdout).toContain('orders: 2 partitions, kept forever (delete)')
    expect(stdout).toMatch(/^orders {2}partitions {2}2 {3}\s*3$/m)
    expect(stdout).toMatch(/^orders {2}retention {3}forever {2}7d$/m)
    const [orders, copies] = await json('describe', job)
    expect(orders).toMatchObject({
      exists: true,
      drift: [
        { option: 'partitions', declared: 3, actual: 2 },
        { option: 'retentionMs', declared: 604_800_000, actual: null },
      ],
    })
    expect(copies.drift).toEqual([])
  })

  it('says of a topic that is not there what there is', async () => {
    await run('create', 'orders')
    const { code, stderr } = await run('describe', 'order')
    expect(code).toBe(1)
    expect(stderr).toContain("there is no topic 'order'")
    expect(stderr).toContain('Did you mean orders?')
    expect((await run('describe', jobFile('{}', '{}'))).stdout).toContain('copies: not there')
  })
})

describe('runtime topics alter', () => {
  it('shows what differs, and changes it once that is agreed to', async () => {
    await run('create', jobFile('{ partitions: 2 }', '{}'))
    const job = jobFile('{ partitions: 3, retention: days(7) }', '{ retention: days(90) }')
    const shown = await run('alter', job)
    expect([shown.code, shown.stderr]).toEqual([1, 'Nothing was changed: --yes changes it.\n'])
    expect(shown.stdout).toMatch(/^copies {2}retention {3}forever {2}90d$/m)
    expect((await json())[0].retentionMs).toBeNull()

    const refused = await cli(['topics', 'alter', job], { cwd, isTTY: true, stdin: 'n\n' })
    expect([refused.code, refused.stderr]).toEqual([1, 'Change it? [y/N] Nothing was changed: --yes changes it.\n'])
    expect((await json())[0].retentionMs).toBeNull()

    const agreed = await cli(['topics', 'alter', job], { cwd, isTTY: true, stdin: 'y\n' })
    expect(agreed.code).toBe(0)
    expect(agreed.stdout).toMatch(/^orders, copies changed$/m)
    expect(await json()).toMatchObject([{ retentionMs: 7_776_000_000 }, { partitions: [{}, {}, {}] }])
    expect(await run('alter', job)).toMatchObject({ code: 0, stdout: 'Nothing differs from what is declared.\n' })
  })

  it('changes one by options, and leaves the rest', async () => {
    await run('create', 'orders', '--partitions', '2', '--retention', '1d')
    expect(await json('alter', 'orders', '--partitions', '5', '--yes')).toEqual([
      { topic: 'orders', drift: [{ option: 'partitions', declared: 5, actual: 2 }], altered: true },
    ])
    expect(await json('alter', 'orders', '--retention', 'forever', '--yes')).toMatchObject([{ altered: true }])
    expect(await json()).toMatchObject([{ retentionMs: null, partitions: { length: 5 } }])
  })

  it('takes no partition away, and then changes nothing else either', async () => {
    await run('create', jobFile('{ partitions: 2 }', '{}'))
    const job = jobFile('{ retention: days(7) }', '{ partitions: 1 }')
    const { code, stderr } = await run('alter', job, '--yes', '--format', 'json')
    expect(code).toBe(1)
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'TOPIC_PARTITIONS_LOWERED',
      message: "topic 'copies' has 4 partitions, and can't have 1: partitions are only added",
      details: { topic: 'copies', partitions: 4, declared: 1 },
    })
    expect(await json()).toMatchObject([{}, { topic: 'orders', retentionMs: null }])
  })
})
