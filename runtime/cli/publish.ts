/** `runtime publish`: the lines of a file into a topic, in its format. */
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Acks, OutgoingRecord, TopicSystem } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import { declaredOptions, type Topic } from '../../topology/topic.ts'
import { openSerdes } from '../compose/index.ts'
import { withRetries } from '../producer/retry.ts'
import { openTopicEncoder } from '../producer/topic-encoder.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode, interruptedCode } from './exit-code.ts'
import { declaredRecord, envelopeRecord, type RecordOfLine, rawRecord } from './line-record.ts'
import { type Line, readLines } from './read-lines.ts'
import { topicOfJob } from './topics/declared-topics.ts'
import { formatCount } from './units.ts'

const MAX_LINE_BYTES = 64 << 20
const LINE_TOO_LONG = { reason: `longer than ${MAX_LINE_BYTES} bytes` }
/** An append, one transaction, ends with the record that reaches either. */
const BATCH_RECORDS = 5_000
const BATCH_BYTES = 4 << 20
const PROGRESS_MS = 200

export async function run(context: CommandContext): Promise<number> {
  const [topic, file] = context.positionals as readonly [string, string]
  const { config } = await context.config()
  const job = context.option('job')
  const declared = job === undefined ? undefined : await topicOfJob(context, job, topic)
  const input = await openInput(file, context.environment.stdin)
  const topics = await context.openTopics({ mustExist: false })
  const recordOf = await openRecords(context, declared)
  await topics.ensureTopic(topic, declaredOptions(declared?.options))

  const publisher = new Publisher(context, topics, topic, config.producer)
  const { signal } = context.environment
  let rejected = 0
  for await (const line of readLines(untilAborted(input, signal), MAX_LINE_BYTES)) {
    if (isBlank(line) && !context.has('raw')) continue
    const record = line.bytes === undefined ? LINE_TOO_LONG : recordOf(line.bytes)
    if ('reason' in record) {
      rejected++
      report(context, file, line.number, record.reason)
    } else {
      await publisher.add(record)
    }
  }
  await publisher.flush()
  publisher.clearProgress()

  const { published } = publisher
  if (context.format === 'json') {
    context.printJson({ topic, published, rejected, interrupted: signal.aborted })
  } else {
    const bad = rejected === 0 ? '' : `, ${formatCount(rejected)} ${rejected === 1 ? 'line' : 'lines'} rejected`
    context.print(
      `${formatCount(published)} records published to ${topic}${bad}${signal.aborted ? ' (interrupted)' : ''}`,
    )
  }
  if (signal.aborted) return interruptedCode(signal)
  return rejected === 0 ? ExitCode.ok : ExitCode.failed
}

/** Registers the schema of a declared topic in Avro or Protobuf. */
async function openRecords(context: CommandContext, declared: Topic<any> | undefined): Promise<RecordOfLine> {
  if (context.has('raw')) return rawRecord
  const keyField = context.option('key')!
  if (declared === undefined) return envelopeRecord(keyField)
  const { config } = await context.config()
  const serdes = openSerdes(config, { clock: context.environment.clock, logger: await context.logger() })
  context.resources.defer(() => serdes.close())
  const byDeclaredKey = declared.key !== undefined && !context.has('key')
  return declaredRecord(await openTopicEncoder(declared, serdes), byDeclaredKey ? undefined : keyField)
}

/** Collects records and appends them batch by batch. */
class Publisher {
  published = 0
  private readonly context: CommandContext
  private readonly topics: TopicSystem
  private readonly topic: string
  private readonly producer: { readonly acks: Acks; readonly retry: Parameters<typeof withRetries>[1] }
  private batch: OutgoingRecord[] = []
  private batchBytes = 0
  private shownMs = 0

  constructor(context: CommandContext, topics: TopicSystem, topic: string, producer: Publisher['producer']) {
    this.context = context
    this.topics = topics
    this.topic = topic
    this.producer = producer
  }

  /** A promise only when the batch is full. */
  add(record: OutgoingRecord): Promise<void> | undefined {
    this.batch.push(record)
    this.batchBytes += record.value?.length ?? 0
    return this.batch.length >= BATCH_RECORDS || this.batchBytes >= BATCH_BYTES ? this.flush() : undefined
  }

  async flush(): Promise<void> {
    if (this.batch.length === 0) return
    const { batch, producer } = this
    const { clock } = this.context.environment
    const logger = await this.context.logger()
    const onRetry = (error: unknown) =>
      logger.warn(
        { event: 'append-retried', topic: this.topic, err: error },
        `publishing to ${this.topic} is tried again`,
      )
    await withRetries(() => this.topics.append(this.topic, batch, producer.acks), producer.retry, {
      clock,
      random: Math.random,
      onRetry,
    })
    this.published += batch.length
    this.batch = []
    this.batchBytes = 0
    this.showProgress()
  }

  clearProgress(): void {
    if (this.context.environment.stderr.isTTY === true && this.shownMs > 0)
      this.context.environment.stderr.write('\r\u001b[K')
  }

  private showProgress(): void {
    const { stderr, clock } = this.context.environment
    if (stderr.isTTY !== true || clock.monotonicMs() - this.shownMs < PROGRESS_MS) return
    this.shownMs = clock.monotonicMs()
    stderr.write(`\r\u001b[K${formatCount(this.published)} records`)
  }
}

async function openInput(file: string, stdin: Readable): Promise<Readable> {
  if (file === '-') return stdin
  const stream = createReadStream(file, { highWaterMark: 1 << 20 })
  await new Promise<void>((resolve, reject) => {
    stream.once('ready', resolve)
    stream.once('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT'
      reject(
        new SluiceError('FILE_UNREADABLE', `${file} ${missing ? 'does not exist' : 'cannot be read'}`, {
          ...(missing ? {} : { cause: error }),
          fix: 'Name a file with one event a line, or - for standard input.',
          details: { file },
        }),
      )
    })
  })
  return stream
}

/** Ends quietly when the signal comes, also while no input does. */
async function* untilAborted(input: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (signal.aborted) return
  const stop = () => input.destroy()
  signal.addEventListener('abort', stop)
  try {
    for await (const chunk of input) {
      if (signal.aborted) return
      yield chunk as Uint8Array
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function isBlank({ bytes }: Line): boolean {
  return bytes?.every((byte) => byte === 32 || byte === 9 || byte === 13) === true
}

function report(context: CommandContext, file: string, line: number, reason: string): void {
  const { stderr } = context.environment
  if (context.format === 'json') stderr.write(`${JSON.stringify({ file, line, reason })}\n`)
  else stderr.write(`${file === '-' ? 'standard input' : file}:${line}: ${reason}\n`)
}
