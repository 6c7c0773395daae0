/** The schemas that REST checks with are the types of the contract: compiled, never run. */
import type * as z from 'zod'
import type * as schemas from '../../runtime/control/schemas.ts'
import type * as control from '../../topology/contract/job-control.ts'
import type * as detail from '../../topology/contract/job-detail.ts'

/** Schemas tell nothing about readonly: both sides are compared without it. */
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Holds<S extends z.ZodType, T> = Same<Mutable<z.output<S>>, Mutable<T>>

const holds = <_T extends true>() => undefined

holds<Holds<typeof schemas.JobState, detail.JobState>>()
holds<Holds<typeof schemas.Overview, detail.Overview>>()
holds<Holds<typeof schemas.JobSummary, detail.JobSummary>>()
holds<Holds<typeof schemas.JobDetail, detail.JobDetail>>()
holds<Holds<typeof schemas.SubtaskDetail, detail.SubtaskDetail>>()
holds<Holds<typeof schemas.CheckpointSummary, detail.CheckpointSummary>>()
holds<Holds<typeof schemas.CheckpointDetail, detail.CheckpointDetail>>()
holds<Holds<typeof schemas.CheckpointStatistics, detail.CheckpointStatistics>>()
holds<Holds<typeof schemas.ExceptionEntry, detail.ExceptionEntry>>()
holds<Holds<typeof schemas.JobExceptions, detail.JobExceptions>>()
holds<Holds<typeof schemas.MetricValue, detail.MetricValue>>()
holds<Holds<typeof schemas.JobEvent, detail.JobEvent>>()
holds<Holds<typeof schemas.SubmitRequest, control.SubmitRequest>>()
holds<Holds<typeof schemas.TriggerOptions, control.TriggerOptions>>()
holds<Holds<typeof schemas.StopOptions, control.StopOptions>>()
holds<Holds<typeof schemas.RescaleOptions, control.RescaleOptions>>()

// @ts-expect-error the comparison sees an optional field that must be there
holds<Holds<typeof schemas.StopOptions, { readonly drain: boolean }>>()
