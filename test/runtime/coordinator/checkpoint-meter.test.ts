/** Checkpoints as metrics: complete, failed, and over a rescale. */
import { expect, it } from 'vitest'
import { CheckpointMeter } from '../../../runtime/coordinator/checkpoint-meter.ts'
import { CheckpointStatisticsRecorder } from '../../../runtime/coordinator/checkpoint-statistics.ts'
import { createMetrics } from '../../../runtime/observability/metrics.ts'
import { ManualClock } from '../../support/manual-clock.ts'

function recorder() {
  const clock = new ManualClock(1_000)
  const metrics = createMetrics({ prefix: '', clock })
  const meter = new CheckpointMeter((labels) => metrics.scope({ job: 'j', ...labels }))
  const statistics = new CheckpointStatisticsRecorder(
    () => clock.nowMs(),
    (checkpoint) => meter.changed(checkpoint),
  )
  let id = 0n
  const trigger = (subtasks: number) => {
    id++
    return statistics.triggered({ id, epoch: 1n, kind: 'checkpoint', atMs: clock.nowMs(), subtasks })
  }
  const shown = async (name: string) =>
    Object.fromEntries(
      (await metrics.values('j'))
        .filter((sample) => sample.name === name)
        .map(({ labels, value }) => [Object.values(labels).join('#'), value]),
    )
  return { clock, trigger, shown }
}

const acknowledgement = (index: number, alignmentMs: number) => ({
  uid: 'u',
  index,
  acknowledgedAtMs: 0,
  startDelayMs: alignmentMs * 2,
  alignmentMs,
  snapshotMs: 0,
  sizeBytes: 10,
})

it('counts checkpoints, and shows the last one with what it was for each subtask', async () => {
  const { clock, trigger, shown } = recorder()
  expect(await shown('number_of_completed_checkpoints_total')).toEqual({ '': 0 })
  const first = trigger(2)
  expect(await shown('number_of_in_progress_checkpoints')).toEqual({ '': 1 })
  first.acknowledged(acknowledgement(0, 3))
  first.acknowledged(acknowledgement(1, 4))
  clock.advance(250)
  first.completed({ atMs: clock.nowMs(), location: '', sizeBytes: 20 })
  expect(await shown('number_of_in_progress_checkpoints')).toEqual({ '': 0 })
  expect(await shown('number_of_completed_checkpoints_total')).toEqual({ '': 1 })
  expect(await shown('last_checkpoint_duration_ms')).toEqual({ '': 250 })
  expect(await shown('last_checkpoint_size_bytes')).toEqual({ '': 20 })
  expect(await shown('last_completed_checkpoint_id')).toEqual({ '': 1 })
  expect(await shown('checkpoint_alignment_time_ms')).toEqual({ 'u#0': 3, 'u#1': 4 })
  expect(await shown('checkpoint_start_delay_ms')).toEqual({ 'u#0': 6, 'u#1': 8 })
})

it('leaves the last complete one standing when one fails, and drops subtasks that did not answer or are gone', async () => {
  const { clock, trigger, shown } = recorder()
  const first = trigger(2)
  first.acknowledged(acknowledgement(0, 3))
  first.acknowledged(acknowledgement(1, 4))
  first.completed({ atMs: clock.nowMs(), location: '', sizeBytes: 20 })
  const second = trigger(1)
  second.acknowledged(acknowledgement(0, 900))
  second.failed(clock.nowMs(), new Error('a subtask did not answer'))
  expect(await shown('number_of_failed_checkpoints_total')).toEqual({ '': 1 })
  expect(await shown('last_completed_checkpoint_id')).toEqual({ '': 1 })
  expect(await shown('checkpoint_alignment_time_ms')).toEqual({ 'u#0': 900 })
})
