/** One simulation, from its seed to what is left of it. */
import { planScan } from '../../connectors/iceberg/scan/plan-scan.ts'
import { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import { recordingLogger } from '../support/silent.ts'
import { Chaos } from './chaos.ts'
import { drawDataset, type TableName, textOf } from './dataset.ts'
import { Invariants } from './invariants.ts'
import { Machines } from './machines.ts'
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
  const faultsUntilMs = world.between(500, 4_000)
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
  if (end === 'over') await checkOutcome(machines)
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

/** Tables hold what the naive batch makes of the input, and every checkpoint that is kept can be read. */
async function checkOutcome(machines: Machines): Promise<void> {
  const { world, dataset, store } = machines
  for (const [table, expected] of Object.entries(dataset.expected)) {
    const difference = compare(await rowsOf(machines, table as TableName), expected)
    if (difference !== undefined) world.violate(`${table}: ${difference}`)
  }
  const checkpoints = new CheckpointStore({ files: store.files, root: CHECKPOINT_ROOT, logger: recordingLogger() })
  for (const { manifest } of await checkpoints.list()) await checkpoints.at(`${CHECKPOINT_ROOT}/${manifest}`, JOB)
}

async function rowsOf({ lake, store }: Machines, table: TableName): Promise<readonly string[]> {
  const { files } = await planScan(store.files, lake.tables.get(table)!)
  const rows = files.flatMap(({ location }) => JSON.parse(Buffer.from(store.read(location)).toString()) as object[])
  return textOf(rows)
}

/** Undefined when they are equal. */
function compare(found: readonly string[], expected: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const row of expected) counts.set(row, (counts.get(row) ?? 0) - 1)
  for (const row of found) counts.set(row, (counts.get(row) ?? 0) + 1)
  const list = (rows: [string, number][]) => rows.map(([row, count]) => `${row} (${Math.abs(count)}×)`).join(', ')
  const lost = [...counts].filter(([, count]) => count < 0)
  const doubled = [...counts].filter(([, count]) => count > 0)
  if (lost.length + doubled.length === 0) return undefined
  return `missing ${list(lost) || 'nothing'}; too many ${list(doubled) || 'nothing'}`
}

function stateOf(user: User, { alive }: Machines): string {
  const masters = user.alive.map(({ machine, master }) => `${machine.process.name} is ${master.state}`)
  return `${masters.join(', ') || 'no coordinator'}; alive: ${alive.map(({ name, state }) => `${name} ${state}`).join(', ')}`
}
