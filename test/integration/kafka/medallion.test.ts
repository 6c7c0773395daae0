/** The medallion job from a real broker: its tables, by PyIceberg, are what was published, each event once. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publishDays, runMedallion } from '../../support/medallion.ts'
import { FRESH_SEED, scale } from '../../support/scale.ts'
import { bronzeRecords } from '../medallion/by-pyiceberg.ts'
import { ledgerOf, printLedger } from '../medallion/ledger.ts'
import { published, recordsInTopic } from '../medallion/published.ts'
import { setUpPyIceberg } from '../pyiceberg.ts'
import { type Broker, startBroker } from './broker.ts'

const EVENTS = scale(100_000, 5_000)
/** The second goes on from the last checkpoint of the first. */
const RUNS = 2
const TO_THE_END = ['--until', 'latest', '--drain', '--parallelism', '4', '--workers', '2']

const dataDir = mkdtempSync(join(tmpdir(), 'sluice-kafka-medallion-'))
let broker: Broker
beforeAll(async () => {
  await setUpPyIceberg()
  broker = await startBroker()
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  rmSync(dataDir, { recursive: true })
})

test(`${RUNS} runs of ${EVENTS} events at parallelism 4 on two workers (seed ${FRESH_SEED})`, async () => {
  const env = { KAFKA_BOOTSTRAP_SERVERS: broker.bootstrapServers.join(',') }
  for (let run = 0; run < RUNS; run++) {
    // A broker hands out a partition by large pieces: before all four have been met there is no watermark, and nothing
    // is older than the horizon.
    await publishDays(dataDir, { events: EVENTS, seed: FRESH_SEED, without: ['expired'] }, env)
    const { code, stderr } = await runMedallion(dataDir, TO_THE_END, { env: { ...env, CHECKPOINT_INTERVAL: '1s' } })
    expect(code, stderr).toBe(0)
  }
  const ledger = await ledgerOf(dataDir, env)
  console.log(ledger.map(printLedger).join('\n'))
  expect(ledger.filter(({ lost, duplicated }) => lost !== 0 || duplicated !== 0)).toEqual([])
  const { wrong, records } = await bronzeRecords(dataDir)
  expect(wrong, 'records whose payload is not what their hash says').toEqual([])
  expect(records.length).toBe(published(dataDir).length)
  const partitions = new Set((await recordsInTopic(dataDir, env)).map((record) => record.split('/')[0]))
  expect(partitions.size).toBe(4)
})
