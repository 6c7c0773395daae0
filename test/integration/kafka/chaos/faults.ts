/** The line between job and broker, disturbed by Toxiproxy in five ways, one after the other. */
import { isStopped } from '../../../support/process-state.ts'
import { until } from '../../../support/run-process.ts'
import type { ProxiedBroker } from '../broker.ts'
import type { DisturbedJob } from './disturbed-job.ts'

interface Toxic {
  readonly type: 'latency' | 'reset_peer' | 'timeout' | 'bandwidth'
  readonly stream: 'upstream' | 'downstream'
  readonly attributes: Readonly<Record<string, number>>
}

const bothWays = (type: Toxic['type'], attributes: Toxic['attributes']): readonly Toxic[] => [
  { type, stream: 'upstream', attributes },
  { type, stream: 'downstream', attributes },
]

/** What `timeout` with 0 does: nothing comes through, and the connection stays. */
const SILENCE = { timeout: 0 }

const NO_REPLY = 'no reply to a commit'

const FAULTS: Readonly<Record<string, readonly Toxic[]>> = {
  latency: bothWays('latency', { latency: 150, jitter: 100 }),
  reset: bothWays('reset_peer', { timeout: 0 }),
  'half-open': bothWays('timeout', SILENCE),
  bandwidth: bothWays('bandwidth', { rate: 24 }),
  // Added when a coordinator is about to end a transaction: it is ended, and nobody says so.
  [NO_REPLY]: [{ type: 'timeout', stream: 'downstream', attributes: SILENCE }],
}

/** For a job that has given up a commit within seconds: see {@link NO_REPLY}. */
export const IMPATIENT = { KAFKA_REQUEST_TIMEOUT: '1500ms', KAFKA_CONNECT_TIMEOUT: '3s' }
/** Some are over before a request has waited long enough for its reply, most are not. */
const MIN_FAULT_MS = 1_000
const MAX_FAULT_MS = 6_000

/** One fault after the other, each healed and the job well again, until so much time has gone by and each kind was there. */
export async function disturbLine(
  job: DisturbedJob,
  broker: ProxiedBroker,
  { durationMs, random }: { readonly durationMs: number; readonly random: () => number },
): Promise<string> {
  const kinds = Object.entries(FAULTS)
  const startedMs = performance.now()
  let faults = 0
  /** Producers given up and replaced, because what became of a request was not known. */
  const replaced = () => job.coordinator.stderr().split('looking at what is in the topic').length - 1
  for (; faults < kinds.length || performance.now() - startedMs < durationMs; faults++) {
    const [kind, toxics] = kinds[faults % kinds.length]!
    const before = replaced()
    await job.untilCheckpoint()
    const startedAtMs = performance.now()
    if (kind === NO_REPLY) {
      const lift = await atCommit(job, () => add(broker, toxics))
      // The driver has asked again for as long as it may.
      await job.until('a commit whose outcome is unknown', () => replaced() > before)
      await lift()
    } else {
      const lastsMs = MIN_FAULT_MS + Math.floor(random() * (MAX_FAULT_MS - MIN_FAULT_MS))
      const lift = await add(broker, toxics)
      await job.until('the end of the fault', () => performance.now() >= startedAtMs + lastsMs)
      await lift()
    }
    const liftedMs = performance.now()
    await job.untilCheckpoint()
    console.log(
      `fault ${faults + 1}: ${kind} for ${Math.round(liftedMs - startedAtMs)} ms, a checkpoint complete ` +
        `${Math.round(performance.now() - liftedMs)} ms later; ${replaced() - before} producers replaced`,
    )
  }
  const minutes = (performance.now() - startedMs) / 60_000
  return `${faults} faults in ${minutes.toFixed(1)} minutes, ${replaced()} producers replaced (${kinds.map(([kind]) => kind).join(', ')})`
}

/** @returns what takes them away again */
async function add({ proxy }: ProxiedBroker, toxics: readonly Toxic[]): Promise<() => Promise<void>> {
  const removals: (() => Promise<void>)[] = []
  for (const { type, stream, attributes } of toxics) {
    const toxic = await proxy.instance.addToxic({ name: `${type}-${stream}`, type, stream, attributes, toxicity: 1 })
    removals.push(() => toxic.remove())
  }
  return async () => {
    for (const remove of removals) await remove()
  }
}

/** While the coordinator stands still with a transaction that lacks only its end. */
async function atCommit<T>(job: DisturbedJob, act: () => Promise<T>): Promise<T> {
  job.fault.arm('kafka-sink.before-end', 'stop')
  const { pid } = await job.fault.claimed('kafka-sink.before-end')
  await until(`process ${pid} to stand still`, () => isStopped(pid))
  const result = await act()
  process.kill(pid, 'SIGCONT')
  return result
}
