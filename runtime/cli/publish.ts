/** `runtime publish`: the lines of a file into a topic, checked as far as the envelope goes. */
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import * as z from 'zod'
import type { Acks, OutgoingRecord, TopicSystem } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import { jsonDeserializer } from '../../topology/schema/index.ts'
import { withRetries } from '../producer/retry.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode, interruptedCode } from './exit-code.ts'
import { type Line, readLines } from './read-lines.ts'
import { formatCount } from './units.ts'

const MAX_LINE_BYTES = 64 << 20
/** An append, one transaction, ends with the record that reaches either. */
const BATCH_RECORDS = 5_000
const BATCH_BYTES = 4 << 20
const PROGRESS_MS = 200

/** Every field may be absent: what has to be there is for the job to judge. */
const Envelope = z.object({
  event_id: z.string().nullish(),
  event_type: z.string().nullish(),
  event_timestamp: z.string().nullish(),
  source_system: z.string().nullish(),
  payload: z.looseObject({}).nullish(),
  metadata: z.looseObject({}).nullish(),
  schema_version: z.string().nullish(),
})

type Checked = { readonly key: Uint8Array | null } | { readonly reason: string }

export async function run(context: CommandContext): Promise<number> {
  const [topic, file] = context.positionals as readonly [string, string]
  const { config } = await context.config()
  const input = await openInput(file, context.environment.stdin)
  const topics = await context.openTopics({ mustExist: false })
  await topics.ensureTopic(topic)

  const check = context.has('raw') ? checkNothing : envelopeCheck(context.option('key')!)
  const publisher = new Publisher(context, topics, topic, config.producer)
  const { signal } = context.environment
  let rejected = 0
  for await (const line of readLines(untilAborted(input, signal), MAX_LINE_BYTES)) {
    if (isBlank(line) && !context.has('raw')) continue
    const checked = checkLine(line, check)
    if ('reason' in checked) {
      rejected++
      report(context, file, line.number, checked.reason)
    } else {
      await publisher.add({ key: checked.key, value: line.bytes! })
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

function checkLine(line: Line, check: (bytes: Uint8Array) => Checked): Checked {
  return line.bytes === undefined ? { reason: `longer than ${MAX_LINE_BYTES} bytes` } : check(line.bytes)
}

function checkNothing(): Checked {
  return { key: null }
}

function envelopeCheck(keyField: string): (bytes: Uint8Array) => Checked {
  const deserializer = jsonDeserializer(Envelope)
  return (bytes) => {
    const result = deserializer.decode(bytes)
    if (!result.ok) return { reason: result.reason }
    // The envelope's schema says nothing of the payload, so its key is read beside it.
    const { payload } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { payload?: Record<string, unknown> | null }
    const key = payload !== null && payload !== undefined && Object.hasOwn(payload, keyField) ? payload[keyField] : null
    const hasKey = typeof key === 'string' || typeof key === 'number'
    return { key: hasKey ? Buffer.from(String(key)) : null }
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
