/** What a stage is given to stand on, whoever hosts it. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger, MetricScope } from '../../topology/contract/observability.ts'
import type { Sink } from '../../topology/contract/sink.ts'
import type { StageHost } from '../../topology/contract/stage.ts'
import type { Plan } from '../../topology/plan/plan.ts'

export interface StageHostOptions
  extends Pick<StageHost, 'epoch' | 'serdes' | 'subtask' | 'parallelism' | 'emit' | 'store' | 'wake' | 'reportSplit'> {
  readonly plan: Plan
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: (uid: string) => MetricScope
  /** By uid: where the writers of the stage come from. */
  readonly sinks: ReadonlyMap<string, Sink>
}

export function stageHost({ plan, logger, sinks, ...host }: StageHostOptions): StageHost {
  const { epoch, subtask, clock, metrics } = host
  return {
    ...host,
    job: plan.job,
    keyGroups: plan.keyGroups,
    logger: logger.child({ subtask }),
    openWriter: (uid) =>
      sinks.get(uid)!.createWriter({
        job: plan.job,
        uid,
        subtask,
        epoch,
        clock,
        logger: logger.child({ uid, subtask }),
        metrics: metrics(uid),
      }),
  }
}
