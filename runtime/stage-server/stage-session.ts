/** One connection of a host: from its greeting to its goodbye. */
import { SluiceError } from '../../topology/errors.ts'
import { toRemoteError } from '../protocol/remote-error.ts'
import { isToken } from '../protocol/token.ts'
import { MAX_FRAME_BYTES } from '../transport/limits.ts'
import type { FrameConnection } from '../transport/transport.ts'
import { describeStage } from './describe-stage.ts'
import { type HostFrame, readHostFrame } from './host-frames.ts'
import type { Hello } from './host-messages.ts'
import { type HostedStageOptions, HostedSubtask } from './hosted-subtask.ts'
import { protocolError } from './protocol-error.ts'
import { CREDIT_BYTES, messageFrame, STAGE_PROTOCOL_VERSION, StageKind } from './stage-frames.ts'

export interface StageSessionOptions extends HostedStageOptions {
  /** Whoever does not know it is not listened to. */
  readonly token: string
  /** Path → SHA-256 of the job module and the files it loads: for a host to notice that stages differ in them. */
  readonly files?: Readonly<Record<string, string>>
}

/** A host says hello in time, or is sent away, milliseconds. */
const HELLO_TIMEOUT_MS = 10_000

export class StageSession {
  /** Resolves when everything of it is closed. */
  readonly done: Promise<void>
  private readonly connection: FrameConnection
  private readonly options: StageSessionOptions
  private readonly finished = Promise.withResolvers<void>()
  private readonly timer: Disposable
  private greeted = false
  private subtask: HostedSubtask | undefined
  private over = false

  constructor(connection: FrameConnection, options: StageSessionOptions) {
    this.connection = connection
    this.options = options
    this.done = this.finished.promise
    this.timer = options.clock.schedule(HELLO_TIMEOUT_MS, () =>
      this.fail(protocolError('it did not say hello in time')),
    )
    connection.onFrame((frame) => this.receive(frame))
    connection.onClose((error) => {
      if (error !== undefined) options.logger.warn({ event: 'host-lost', err: error }, error.message)
      void this.end()
    })
  }

  /** As if the host had said so. */
  async end(): Promise<void> {
    if (this.over) return this.done
    this.over = true
    this.timer[Symbol.dispose]()
    try {
      await this.subtask?.close()
    } catch (error) {
      this.options.logger.warn({ event: 'close-failed', err: error }, (error as Error).message)
    }
    this.connection.send(...messageFrame(StageKind.closed))
    this.connection.close()
    this.finished.resolve()
  }

  private receive(frame: Uint8Array): void {
    if (this.over) return
    try {
      this.handle(readHostFrame(frame))
    } catch (error) {
      this.fail(error)
    }
  }

  private handle(frame: HostFrame): void {
    if (!this.greeted) {
      if (frame.type !== 'hello') throw protocolError('its first frame is no hello')
      this.greet(frame.hello)
    } else if (frame.type === 'hello') {
      throw protocolError('it said hello twice')
    } else if (frame.type === 'close') {
      void this.end()
    } else if (frame.type === 'open') {
      if (this.subtask !== undefined) throw protocolError('it opened the stage twice')
      this.subtask = new HostedSubtask(this.options, frame.open, this.connection, (error) => this.fail(error))
    } else {
      if (this.subtask === undefined) throw protocolError(`it sent ${frame.type} before open`)
      this.pass(frame, this.subtask)
    }
  }

  private pass(frame: Exclude<HostFrame, { type: 'hello' | 'close' | 'open' }>, subtask: HostedSubtask): void {
    switch (frame.type) {
      case 'element':
        subtask.element(frame.channel, frame.element, frame.bytes)
        break
      case 'credit':
        subtask.credit(frame.output, frame.bytes)
        break
      case 'chunk':
        subtask.chunk(frame.chunk, frame.bytes)
        break
      case 'stored':
        subtask.stored(frame.checkpointId, frame.chunk)
        break
      case 'complete':
        subtask.complete(frame.checkpointId)
        break
      case 'abort':
        subtask.abort(frame.checkpointId)
        break
      case 'time':
        subtask.time(frame.nowMs)
        break
      case 'metrics':
        subtask.report().then(
          (report) => this.connection.send(...messageFrame(StageKind.metrics, report)),
          (error: unknown) => this.fail(error),
        )
    }
  }

  /** @throws {SluiceError} `STAGE_TOKEN`, `PLAN_MISMATCH` */
  private greet({ version, token, fingerprint }: Hello): void {
    const { plan, stagePlan, files, creditBytes = CREDIT_BYTES } = this.options
    if (!isToken(token, this.options.token)) {
      throw new SluiceError('STAGE_TOKEN', 'the host does not know the token of this stage', {
        fix: 'Send the token that the stage process printed when it began to listen.',
      })
    }
    if (fingerprint !== undefined && fingerprint !== plan.fingerprint) {
      throw new SluiceError(
        'PLAN_MISMATCH',
        `the host means another plan of job ${plan.job}: ${fingerprint.slice(0, 16)}, not ${plan.fingerprint.slice(0, 16)}`,
        {
          fix: 'Start the stages from the job module, and with the key groups, that the host was made for.',
          details: { fingerprint: plan.fingerprint, expected: fingerprint },
        },
      )
    }
    this.greeted = true
    this.timer[Symbol.dispose]()
    const welcome = {
      version: Math.min(version, STAGE_PROTOCOL_VERSION),
      creditBytes,
      maxFrameBytes: MAX_FRAME_BYTES,
      ...(files !== undefined && { files }),
      ...(describeStage(plan, stagePlan) as object),
    }
    this.connection.send(...messageFrame(StageKind.welcome, welcome))
  }

  /** Says why, and ends. */
  private fail(error: unknown): void {
    if (this.over) return
    const { stack: _stack, ...told } = toRemoteError(error)
    this.options.logger.error({ event: 'stage-failed', err: error }, told.message)
    const uid = told.details?.['uid'] ?? null
    this.connection.send(...messageFrame(StageKind.failed, { code: 'INTERNAL', ...told, uid }))
    void this.end()
  }
}
