import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openFiles, openQuery, openTables, openTopics } from '../../../runtime/compose/index.ts'
import { type Config, loadConfig } from '../../../runtime/config/index.ts'
import { systemClock as clock } from '../../../runtime/time/system-clock.ts'
import type { Logger } from '../../../topology/contract/observability.ts'

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger }

let cwd: string
let config: Config

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-compose-'))
  config = loadConfig({ env: { TOPIC_PARTITIONS: '3' }, cwd }).config
})

afterEach(() => rmSync(cwd, { recursive: true }))

describe('openTopics', () => {
  it('gives new topics the configured number of partitions, unless told otherwise', async () => {
    const topics = await openTopics(config, { clock, logger })
    await topics.ensureTopic('configured')
    await topics.ensureTopic('told', { partitions: 2 })
    await topics.source('read-first').discoverSplits({})
    const partitions = (await topics.describeTopics()).map((each) => [each.topic, each.partitions.length])
    expect(partitions).toEqual(
      expect.arrayContaining([
        ['configured', 3],
        ['read-first', 3],
        ['told', 2],
      ]),
    )
    await topics.close()
  })
})

describe('openTables and openQuery', () => {
  it('work together on an empty catalog', async () => {
    const tables = await openTables(config, { clock, logger })
    const query = await openQuery(config, tables)
    expect(await tables.listTables()).toEqual([])
    expect((await query.query('SELECT 1 AS one')).rows).toEqual([[1]])
    await query.close()
    await tables.close()
  })
})

describe('openFiles', () => {
  it('reaches the place of checkpoints', async () => {
    const files = await openFiles(config, { clock, logger })
    const location = `${config.checkpoints}/job/file`
    expect(await files.create(location, Buffer.from('x'))).toBe(true)
    expect(await files.create(location, Buffer.from('y'))).toBe(false)
    expect(Buffer.from(await files.read(location)).toString()).toBe('x')
    await files.close()
  })

  it('takes locations of the kind that CHECKPOINT_DIR names', async () => {
    const s3 = loadConfig({ flags: { CHECKPOINT_DIR: 's3://bucket/checkpoints' }, env: {}, cwd }).config
    const files = await openFiles(s3, { clock, logger })
    await expect(files.read(`${config.checkpoints}/job/file`)).rejects.toThrow('is not an s3:// location')
    await files.close()
  })
})
