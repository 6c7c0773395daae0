/** A stage server in this process, and a host that has opened a subtask of it. */

import { StageKind } from '../../../../runtime/stage-server/stage-frames.ts'
import { type StageServer, serveStage } from '../../../../runtime/stage-server/stage-server.ts'
import { jsonSerdes } from '../../../../runtime/testing/json-serdes.ts'
import { LocalTransport } from '../../../../runtime/transport/local-transport.ts'
import type { Transport } from '../../../../runtime/transport/transport.ts'
import { openSinks } from '../../../../runtime/worker/connectors.ts'
import { keyBatch } from '../../../../runtime/worker/key-batch.ts'
import { Batch } from '../../../../topology/element.ts'
import { compile } from '../../../../topology/plan/compile.ts'
import type { Plan } from '../../../../topology/plan/plan.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { type RecordedLog, recordingLogger } from '../../../support/silent.ts'
import shop, { DEDUPLICATION, type Order } from './shop-job.ts'
import { StageClient } from './stage-client.ts'

export const TOKEN = 'a token'
export const shopPlan = compile(shop)

export interface ServedOptions {
  readonly plan?: Plan
  /** @default the deduplication of the shop */
  readonly stage?: string
  readonly creditBytes?: number
  readonly transport?: Transport
}

export interface Served {
  readonly server: StageServer
  readonly clock: ManualClock
  readonly log: readonly RecordedLog[]
  /** A connection on which nothing was said. */
  connect(): Promise<StageClient>
  /** One that has opened a subtask. */
  open(open?: object): Promise<StageClient>
}

export async function served(options: ServedOptions = {}): Promise<Served> {
  const { plan = shopPlan, stage = DEDUPLICATION, transport = new LocalTransport(), creditBytes } = options
  const stagePlan = plan.stages.find(({ id }) => id === stage)!
  const clock = new ManualClock()
  const log: RecordedLog[] = []
  const server = await serveStage(transport, {
    plan,
    stagePlan,
    sinks: openSinks(stagePlan.nodes, undefined as never),
    serdes: jsonSerdes,
    token: TOKEN,
    clock,
    logger: recordingLogger(log),
    ...(creditBytes !== undefined && { creditBytes }),
  })
  const connect = () => StageClient.connect(transport, server.address)
  return {
    server,
    clock,
    log,
    connect,
    async open(open = {}) {
      const client = await connect()
      client.say(0, { protocol: 'sluice-stage', version: 1, token: TOKEN })
      client.say(StageKind.open, { subtask: 0, parallelism: 1, epoch: '7', ...open })
      return client
    },
  }
}

/** Keyed by id. */
export function ordersOf(ids: readonly string[], atMs = 0): Batch {
  const rows = ids.map((id): Order => ({ id, customer: 'Ann', cents: 1, atMs }))
  const timed = new Batch(rows, { timestampsMs: new Float64Array(rows.length).fill(atMs) })
  return keyBatch(timed, { type: 'key', fields: ['id'] }, shopPlan.keyGroups, 'test')
}
