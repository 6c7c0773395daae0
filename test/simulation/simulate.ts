/** One simulation, from its seed to what is left of it. */
import { planScan } from '../../connectors/iceberg/scan/plan-scan.ts'
import { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import { recordingLogger } from '../support/silent.ts'
import { Chaos } from './chaos.ts'
import { drawDataset, type TableName } from './dataset.ts'
import { Invariants } from './invariants.ts'
import { decodeRows } from './lake-sink.ts'
import { Machines } from './machines.ts'
import { differences } from './oracle.ts'
import { CHECKPOINT_ROOT, JOB } from './simulated-job.ts'
import { User } from './user.ts'
import { World } from './world.ts'

/** When the job has to be done, after the last fault, milliseconds. */
const DEADLINE_MS = 240_000

export interface Outcome {
  /** What should never have happened; empty when all is well. */
  readonly violations: readonly string[]
  /** Empty unless it was asked for. */
  readonly trace: readonly string[]
  /** What happened, how often. */
  readonly counts: Readonly<Record<string, number>>
}

/** The same seed gives the same outcome and trace. */
export async function simulate(seed: number, { trace = false } = {}): Promise<Outcome> {
  const world = new World(seed, trace)
  const faultsUntilMs = world.between(500, 5_000)
  const machines = new Machines(world, drawDataset(world, faultsUntilMs + 300))
  const invariants = new Invariants(machines)
  const user = new User(machines)
  const chaos = new Chaos(machines, user, faultsUntilMs)
  user.tend()
  const end = await world.run(
    () => chaos.isOver && user.isDone && machines.alive.length === 0,
    faultsUntilMs + DEADLINE_MS,
  )
  if (end === 'deadline') world.violate(`not done: ${stateOf(user, machines)}`)
  if (end === 'over') await checkOutcome(machines, user.hasDrained)
  return {
    violations: world.violations,
    trace: world.trace,
    counts: {
      ...world.counts,
      events: world.events,
      virtualMs: Math.round(world.nowMs),
      checkpoints: invariants.completed.size,
      coordinators: user.coordinators.length,
      processes: machines.processes.length,
    },
  }
}

/** Tables hold what the oracle says, and every checkpoint that is kept can be read. */
async function checkOutcome({ world, dataset, store, lake }: Machines, wasDrained: boolean): Promise<void> {
  const rowsOf = async (table: TableName) => {
    const { files } = await planScan(store.files, lake.tables.get(table)!)
    return files.flatMap(({ location }) => decodeRows(store.read(location)))
  }
  const tables = { raw: await rowsOf('raw'), gold: await rowsOf('gold'), late: await rowsOf('late') }
  for (const difference of differences(dataset, tables, wasDrained)) world.violate(difference)
  const checkpoints = new CheckpointStore({ files: store.files, root: CHECKPOINT_ROOT, logger: recordingLogger() })
  for (const { manifest } of await checkpoints.list()) {
    await checkpoints.at(`${CHECKPOINT_ROOT}/${manifest}`, JOB).catch((error: Error) => {
      world.violate(`a checkpoint that is kept can't be read: ${error.message}`)
    })
  }
}

function stateOf(user: User, { alive }: Machines): string {
  const masters = user.alive.map(({ machine, master }) => `${machine.process.name} is ${master.state}`)
  return `${masters.join(', ') || 'no coordinator'}; alive: ${alive.map(({ name, state }) => `${name} ${state}`).join(', ')}`
}
