/** A worker as its coordinator hears it. */
import { expect, it } from 'vitest'
import { type MessageConnection, messages } from '../../../runtime/protocol/message-connection.ts'
import type { Deployment, FromWorker, Hello, ToWorker } from '../../../runtime/protocol/messages.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { LocalTransport } from '../../../runtime/transport/local-transport.ts'
import { Worker } from '../../../runtime/worker/worker.ts'
import type { Plan } from '../../../topology/plan/plan.ts'
import { recordingLogger, silentMetrics } from '../../support/silent.ts'

it('that can not open its connections says so and ends, so that another takes its place', async () => {
  const transport = new LocalTransport()
  const heard: string[] = []
  const coordinator = Promise.withResolvers<MessageConnection<Hello | FromWorker, ToWorker>>()
  const { address } = await transport.listen((frames) => {
    const connection = messages<Hello | FromWorker, ToWorker>(frames)
    connection.onMessage((message) => heard.push(message.type === 'failed' ? message.error.message : message.type))
    coordinator.resolve(connection)
  })
  const plan = { fingerprint: 'f', parallelism: 1, keyGroups: 128 }
  const worker = await Worker.connect(address, {
    name: 'w1',
    pid: 1,
    token: 'token',
    transport,
    loadPlan: async () => plan as Plan,
    openConnections: () => Promise.reject(new Error('nobody answers')),
    files: undefined as never,
    clock: systemClock,
    logger: recordingLogger(),
    metrics: () => silentMetrics,
  })
  const deployment = { plan, placement: {}, splits: {} } as unknown as Deployment
  ;(await coordinator.promise).send({ type: 'deploy', epoch: '1', deployment })
  await worker.done
  expect(heard).toEqual(['hello', 'nobody answers'])
})
