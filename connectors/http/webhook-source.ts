/** A webhook as a source: the topic that its records are kept in, and beside the first reader the server that fills it. */
import type {
  ReaderContext,
  Source,
  SourceBounds,
  SourceReader,
  SplitDescription,
  SplitState,
} from '../../topology/contract/source.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import type { WebhookSettings } from './settings.ts'
import { openWebhook, type WebhookServer } from './webhook-server.ts'

/** Of a topic that the webhook makes. */
const RETENTION_MS = 7 * 24 * 3_600_000

export class WebhookSource implements Source {
  private readonly settings: WebhookSettings
  private readonly topics: TopicSystem
  private readonly topic: Source

  constructor(settings: WebhookSettings, topics: TopicSystem) {
    this.settings = settings
    this.topics = topics
    this.topic = topics.source(settings.name, { retentionMs: RETENTION_MS })
  }

  async discoverSplits(bounds: SourceBounds): Promise<readonly SplitDescription[]> {
    return this.topic.discoverSplits(bounds)
  }

  createReader(context: ReaderContext): SourceReader {
    const reader = this.topic.createReader(context)
    return context.subtask === 0 ? new ServingReader(reader, () => this.serve(context)) : reader
  }

  close(): Promise<void> {
    return this.topic.close()
  }

  private async serve({ logger }: ReaderContext): Promise<WebhookServer> {
    const { name } = this.settings
    const server = await openWebhook(this.settings, async (values) => {
      await this.topics.append(
        name,
        values.map((value) => ({ key: null, value })),
        'all',
      )
    })
    logger.info(
      { event: 'webhook-listening', webhook: name, address: server.origin },
      `takes records at ${server.origin}/${name}`,
    )
    return server
  }
}

/** The reader of the topic; listens from its first assignment until it is closed. */
class ServingReader implements SourceReader {
  private readonly reader: SourceReader
  private readonly serve: () => Promise<WebhookServer>
  private server: WebhookServer | undefined

  constructor(reader: SourceReader, serve: () => Promise<WebhookServer>) {
    this.reader = reader
    this.serve = serve
  }

  get readBytes(): number {
    return this.reader.readBytes ?? 0
  }

  async assign(splits: readonly SplitState[]): Promise<void> {
    await this.reader.assign(splits)
    this.server ??= await this.serve()
  }

  poll(maxRows: number): ReturnType<SourceReader['poll']> {
    return this.reader.poll(maxRows)
  }

  pauseOrResume(pause: readonly string[], resume: readonly string[]): void {
    this.reader.pauseOrResume?.(pause, resume)
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.reader.wait(timeoutMs, signal)
  }

  atEnd(splitId: string): boolean {
    return this.reader.atEnd(splitId)
  }

  snapshot(): readonly SplitState[] {
    return this.reader.snapshot()
  }

  checkpointComplete(positions: readonly SplitState[]): void {
    this.reader.checkpointComplete?.(positions)
  }

  async close(): Promise<void> {
    await this.server?.close()
    await this.reader.close()
  }
}
