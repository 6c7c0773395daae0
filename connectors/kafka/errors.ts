/** Errors of Kafka as Sluice's: what happened, to which topic, and what to do. */
import { SluiceError } from '../../topology/errors.ts'

/** Whether the broker may have done what was asked although no reply came. */
export const UNKNOWN_OUTCOME = 'KAFKA_UNKNOWN_OUTCOME'

/** A position that the partition does not hold (any more): retention has passed it, or the topic was made anew. */
export class OffsetOutOfRange extends SluiceError {
  readonly partition: number
  readonly offset: number
  readonly logStartOffset: number
  readonly highWatermark: number

  constructor(
    topic: string,
    at: {
      readonly partition: number
      readonly offset: number
      readonly logStartOffset: number
      readonly highWatermark: number
    },
  ) {
    const { partition, offset, logStartOffset, highWatermark } = at
    const isGone = offset < logStartOffset
    super(
      'OFFSET_OUT_OF_RANGE',
      `topic '${topic}', partition ${partition}: offset ${offset} is not there, ` +
        (isGone ? `the earliest is ${logStartOffset}` : `it ends before ${highWatermark}`),
      {
        fix: isGone
          ? "Records before it have gone by the topic's retention: keep them longer, start a new job from earliest, or go on without them by KAFKA_OUT_OF_RANGE=skip."
          : 'This is not the topic that the checkpoint was taken on: bring that one back, or start a new job from earliest.',
        details: {
          topic,
          partition,
          offset: String(offset),
          earliestOffset: String(logStartOffset),
          nextOffset: String(highWatermark),
        },
      },
    )
    this.partition = partition
    this.offset = offset
    this.logStartOffset = logStartOffset
    this.highWatermark = highWatermark
  }
}
