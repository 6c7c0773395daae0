/**
 * Leaders of partitions are killed under a job from topic to topic on three brokers: records and markers have copies on
 * the others, which take over. Readers that are not ours count what is lost and what is there twice.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { KafkaAdmin, KafkaDriver } from '../../../connectors/kafka/driver/driver.ts'
import { openKafkaDriver } from '../../../connectors/kafka/driver/open-driver.ts'
import { scale } from '../../support/scale.ts'
import { recordingLogger } from '../../support/silent.ts'
import { setUpPyIceberg } from '../pyiceberg.ts'
import { DisturbedJob } from './chaos/disturbed-job.ts'
import { countedTopic, numbersTopic } from './chaos/names.ts'
import { printScore, scoresOf } from './chaos/scorecard.ts'
import { type Cluster, startCluster } from './cluster.ts'

const NAME = 'leaders'
const RECORDS = scale(50_000, 10_000)
const KILLS = scale(9)

let cluster: Cluster
let driver: KafkaDriver
let admin: KafkaAdmin
beforeAll(async () => {
  await setUpPyIceberg()
  cluster = await startCluster()
  driver = await openKafkaDriver(cluster.settings(), recordingLogger())
  admin = await driver.admin()
})
afterAll(async () => {
  await driver?.close()
  await cluster?.[Symbol.asyncDispose]()
})

const leaderOf = async (topic: string) => (await admin.describeTopic(topic))!.partitions[0]!.leader

test(`a leader is killed, ${KILLS} times`, { timeout: 1_800_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-leaders-'))
  const { bootstrapServers, settings } = cluster
  const job = new DisturbedJob({ name: NAME, directory, bootstrapServers, rowsPerSecond: 150 })
  // Of transactions that decide what is committed, of what is written, of what is read: in turn.
  const topics = [settings().markerTopic, countedTopic(NAME), numbersTopic(NAME)]
  try {
    await job.publish(RECORDS)
    job.start()
    await job.untilCheckpoint()
    for (const topic of [...topics, '__transaction_state']) {
      expect((await admin.describeTopic(topic))!.partitions[0]).toMatchObject({ replicas: 3 })
    }
    for (let kill = 0; kill < KILLS; kill++) {
      const topic = topics[kill % topics.length]!
      const leader = await leaderOf(topic)
      const killedMs = performance.now()
      const sinceMs = () => Math.round(performance.now() - killedMs)
      await cluster.kill(leader)
      let next = leader
      await job.until('another broker leads', async () => {
        next = await leaderOf(topic)
        return next >= 0 && next !== leader
      })
      const electedMs = sinceMs()
      await job.untilCheckpoint()
      await job.untilCheckpoint()
      console.log(
        `broker ${leader} led ${topic} and was killed: broker ${next} does after ${electedMs} ms, ` +
          `and two more checkpoints are complete after ${sinceMs()} ms`,
      )
      await cluster.start(leader)
      await job.until('all copies are there again', () => cluster.isWhole())
    }
    const read = await job.finish()
    const scores = await scoresOf(job, cluster, RECORDS)
    console.log(
      [
        `${KILLS} leaders killed; ${RECORDS} records published, ${read} of them read by then`,
        ...scores.map(printScore),
      ].join('\n  '),
    )
    expect(scores.filter(({ lost, duplicated, outOfOrder }) => lost + duplicated + outOfOrder > 0)).toEqual([])
  } finally {
    await job.end()
    rmSync(directory, { recursive: true })
  }
})
