/** Makes the tasks of an attempt: one per stage, joined by channels, each with what it restores. */
import type { StageHost } from '../../topology/contract/stage.ts'
import type { StagePlan } from '../../topology/plan/plan.ts'
import { Channel } from '../exchange/channel.ts'
import { InputGate } from '../exchange/input-gate.ts'
import { Outputs } from '../exchange/outputs.ts'
import { ChainStage } from '../worker/chain-stage.ts'
import { LoopShare } from '../worker/loop-share.ts'
import { SourceTask } from '../worker/source-task.ts'
import { StageTask } from '../worker/stage-task.ts'
import type { SourceTaskControl, Task, TaskListener } from '../worker/task.ts'
import { TaskTimes } from '../worker/task-times.ts'
import type { AttemptOptions } from './job-options.ts'
import { restoreOf } from './restore.ts'

export interface AttemptTasks {
  readonly tasks: readonly Task[]
  /** Those of `tasks` that begin with a source. */
  readonly sources: readonly SourceTaskControl[]
  readonly stages: readonly ChainStage[]
  readonly channels: readonly Channel[]
}

export async function buildTasks(options: AttemptOptions, listener: TaskListener): Promise<AttemptTasks> {
  const { plan, clock, point, store, metrics } = options
  const share = new LoopShare(clock)
  const channels = new Map(plan.stages.flatMap((stage) => stage.outputs.map((edge) => [edge, new Channel()] as const)))
  const tasks: Task[] = []
  const sources: SourceTaskControl[] = []
  const stages: ChainStage[] = []
  for (const stagePlan of plan.stages) {
    const outputs = new Outputs(stagePlan.outputs.map((edge) => channels.get(edge)!))
    const stage = new ChainStage(stagePlan)
    await stage.open(hostOf(stagePlan, outputs, options), restoreOf(point?.manifest, stagePlan, store))
    stages.push(stage)
    const common = {
      plan: stagePlan,
      stage,
      outputs,
      listener,
      share,
      times: new TaskTimes(clock, metrics({ uid: stagePlan.id })),
    }
    if (stagePlan.source === undefined) {
      const gate = new InputGate(stagePlan.inputs.map((edge) => channels.get(edge)!))
      tasks.push(new StageTask({ ...common, gate }))
    } else {
      const source = new SourceTask({ ...common, ...sourceOf(stagePlan, options), clock })
      sources.push(source)
      tasks.push(source)
    }
  }
  return { tasks, sources, stages, channels: [...channels.values()] }
}

function sourceOf(plan: StagePlan, { clock, logger, metrics, connectors, splits }: AttemptOptions) {
  const uid = plan.source!.id
  const idleAfter = plan.nodes
    .map((node) => node.parameters?.['idleAfterMs'])
    .filter((value) => typeof value === 'number')
  return {
    reader: connectors.sources
      .get(uid)!
      .createReader({ uid, subtask: 0, clock, logger: logger.child({ uid }), metrics: metrics({ uid }) }),
    splits: splits.get(uid)!,
    idleAfterMs: idleAfter.length > 0 ? Math.min(...idleAfter) : undefined,
  }
}

function hostOf(stage: StagePlan, outputs: Outputs, options: AttemptOptions): StageHost {
  const { plan, epoch, clock, logger, metrics, store, connectors } = options
  return {
    job: plan.job,
    epoch,
    subtask: 0,
    parallelism: stage.parallelism,
    keyGroups: plan.keyGroups,
    clock,
    logger,
    metrics: (uid) => metrics({ uid }),
    emit: (output, element) => outputs.emit(output, element),
    store: (chunk) => store.store(chunk),
    openWriter: (uid) =>
      connectors.sinks.get(uid)!.createWriter({
        job: plan.job,
        uid,
        subtask: 0,
        epoch,
        clock,
        logger: logger.child({ uid }),
        metrics: metrics({ uid }),
      }),
  }
}
