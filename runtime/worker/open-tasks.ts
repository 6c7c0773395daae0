/** Makes the tasks that a worker has in an attempt, each with what it restores. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger, MetricScope } from '../../topology/contract/observability.ts'
import { MIN_WATERMARK_MS } from '../../topology/element.ts'
import type { Node } from '../../topology/graph.ts'
import type { Plan, StagePlan } from '../../topology/plan/plan.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import type { Manifest } from '../checkpoint/manifest.ts'
import { restoreOf } from '../checkpoint/restore.ts'
import { InputGate } from '../exchange/input-gate.ts'
import { Outputs } from '../exchange/outputs.ts'
import type { Deployment } from '../protocol/messages.ts'
import type { OpenStateBackend } from '../state/state-backend.ts'
import { type AlignmentSettings, SplitAlignment } from '../time/split-alignment.ts'
import { Wakes } from '../time/wakes.ts'
import { ChainStage } from './chain-stage.ts'
import type { OpenConnectors } from './connectors.ts'
import { LoopShare } from './loop-share.ts'
import { SourceTask } from './source-task.ts'
import { stageHost } from './stage-host.ts'
import { StageTask } from './stage-task.ts'
import type { SourceTaskControl, Task, TaskListener } from './task.ts'
import type { TaskChannels } from './task-channels.ts'
import { TaskMeter } from './task-meter.ts'

export interface OpenTasksOptions {
  readonly plan: Plan
  readonly epoch: bigint
  readonly worker: string
  readonly deployment: Deployment
  readonly manifest: Manifest | undefined
  readonly files: CheckpointFiles
  readonly connectors: OpenConnectors
  readonly openState: OpenStateBackend | undefined
  readonly channels: TaskChannels
  readonly listener: TaskListener
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: (labels: Readonly<Record<string, string>>) => MetricScope
}

/** Stages that are open and restored, and become tasks when the attempt starts. */
export interface OpenTasks {
  /** Once all workers are deployed and the receivers are connected. */
  start(): RunningTasks
  close(): Promise<void>
}

export interface RunningTasks {
  readonly tasks: readonly Task[]
  /** Those of `tasks` that begin with a source. */
  readonly sources: readonly SourceTaskControl[]
}

export async function openTasks(options: OpenTasksOptions): Promise<OpenTasks> {
  const { plan, worker, deployment } = options
  const share = new LoopShare(options.clock)
  const starts: (() => Task | SourceTaskControl)[] = []
  await using opened = new AsyncDisposableStack()
  for (const stagePlan of plan.stages) {
    for (const [subtask, placedOn] of deployment.placement[stagePlan.id]!.entries()) {
      if (placedOn !== worker) continue
      starts.push(await openTask(stagePlan, subtask, share, options, opened))
    }
  }
  const keep = opened.move()
  return {
    start() {
      const tasks = starts.map((start) => start())
      return { tasks, sources: tasks.filter((task) => 'trigger' in task) }
    },
    close: () => keep.disposeAsync(),
  }
}

async function openTask(
  stagePlan: StagePlan,
  subtask: number,
  share: LoopShare,
  options: OpenTasksOptions,
  opened: AsyncDisposableStack,
): Promise<() => Task | SourceTaskControl> {
  const { plan, epoch, clock, logger, channels, files, manifest, connectors, listener, deployment } = options
  const inputs = channels.inputs(stagePlan, subtask)
  const restore = restoreOf(manifest, stagePlan, subtask, files, deployment.allowNonRestoredState)
  const stage = new ChainStage(stagePlan, options.openState)
  let outputs: Outputs | undefined
  const wakes = new Wakes(clock)
  const alignment = alignmentOf(stagePlan)
  opened.defer(() => closeQuietly(stage, options))
  const host = stageHost({
    plan,
    epoch,
    subtask,
    parallelism: stagePlan.parallelism,
    clock,
    logger,
    metrics: (uid) => metricsOf(options, uid, subtask),
    emit: (output, element) => outputs!.emit(output, element),
    store: (chunk) => files.store(epoch, chunk),
    wake: (atMs) => wakes.at(atMs),
    reportSplit: (split, watermarkMs) => alignment?.report(split, watermarkMs),
    sinks: connectors.sinks,
    serdes: connectors.serdes,
  })
  await stage.open(host, restore)
  const source = stagePlan.source && sourceOf(stagePlan.source, stagePlan, subtask, options)
  if (source !== undefined) opened.defer(() => closeQuietly(source.reader, options))
  return () => {
    outputs = new Outputs(channels.outputs(stagePlan, subtask), { keyGroups: plan.keyGroups, subtask })
    const meter = new TaskMeter(clock, metricsOf(options, stagePlan.id, subtask), () => stage.progress())
    const common = { name: { stage: stagePlan.id, subtask }, stage, wakes, outputs, listener, share, meter, clock }
    if (source !== undefined) return new SourceTask({ ...common, ...source, alignment, careful: deployment.careful })
    const watermarkMs = restore?.watermarkMs ?? MIN_WATERMARK_MS
    return new StageTask({ ...common, gate: new InputGate({ inputs, watermarkMs, clock }) })
  }
}

/** What can't be closed must not keep others open, nor hide why the attempt ends. */
async function closeQuietly(part: { close(): Promise<void> }, { logger }: OpenTasksOptions): Promise<void> {
  try {
    await part.close()
  } catch (error) {
    logger.warn({ event: 'close-failed', err: error }, (error as Error).message)
  }
}

function sourceOf(node: Node, stagePlan: StagePlan, subtask: number, options: OpenTasksOptions) {
  const { plan, clock, logger, connectors, deployment } = options
  const uid = node.id
  const idleAfter = stagePlan.nodes
    .map(({ parameters }) => parameters?.['idleAfterMs'])
    .filter((value) => typeof value === 'number')
  return {
    reader: connectors.sources.get(uid)!.createReader({
      job: plan.job,
      uid,
      subtask,
      clock,
      logger: logger.child({ uid, subtask }),
      metrics: metricsOf(options, uid, subtask),
    }),
    splits: deployment.splits[uid]![subtask]!,
    poison: deployment.poison[uid] ?? [],
    idleAfterMs: idleAfter.length > 0 ? Math.min(...idleAfter) : undefined,
  }
}

/** Of the first eventTime in the source's chain that asks for it: those beside it have the same records. */
function alignmentOf({ source, nodes }: StagePlan): SplitAlignment | undefined {
  const settings = nodes.map(({ parameters }) => parameters?.['align']).find((align) => align !== undefined)
  if (source === undefined || settings === undefined) return undefined
  return new SplitAlignment(settings as unknown as AlignmentSettings)
}

function metricsOf({ metrics }: OpenTasksOptions, uid: string, subtask: number): MetricScope {
  return metrics({ uid, subtask: String(subtask) })
}
