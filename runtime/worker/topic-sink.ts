/** A topic as the sink of rows: each becomes a record on its way into the topic's own sink. */
import type { SerdeSystem } from '../../topology/contract/serde.ts'
import type { CommitterContext, Sink, SinkCommitter, SinkWriter, WriterContext } from '../../topology/contract/sink.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import { recordEncoder } from '../../topology/encode-record.ts'
import type { SinkReference } from '../../topology/graph.ts'
import { serializerOf } from '../../topology/serde.ts'

export class TopicSink implements Sink {
  private readonly reference: Extract<SinkReference, { kind: 'topic' }>
  private readonly serdes: SerdeSystem
  private readonly records: Sink

  constructor(
    reference: Extract<SinkReference, { kind: 'topic' }>,
    { topics, serdes }: { readonly topics: TopicSystem; readonly serdes: SerdeSystem },
  ) {
    this.reference = reference
    this.serdes = serdes
    this.records = topics.sink(reference.name, reference.topic.options)
  }

  async createWriter(context: WriterContext): Promise<SinkWriter> {
    const { topic, parts } = this.reference
    const serializer = serializerOf(topic, this.serdes)
    await serializer.prepare?.()
    const encode = recordEncoder(context.uid, topic, serializer, parts)
    const writer = await this.records.createWriter(context)
    return {
      write: (batch) => writer.write(encode(batch)),
      prepareCommit: (checkpointId) => writer.prepareCommit(checkpointId),
      close: () => writer.close(),
    }
  }

  createCommitter(context: CommitterContext): Promise<SinkCommitter> {
    return this.records.createCommitter(context)
  }

  close(): Promise<void> {
    return this.records.close()
  }
}
