/** Starts runs, each a process of its own on a data directory that goes with it. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { KafkaClient } from '../../../connectors/kafka/settings.ts'
import type { JOBS } from './jobs.ts'
import type { KafkaRun } from './run.ts'

export type What = 'source' | keyof typeof JOBS

export interface RunOptions {
  readonly what: What
  readonly client: KafkaClient
  readonly bootstrapServers: readonly string[]
  readonly checkpointInterval: string
}

export interface StartedRun extends AsyncDisposable {
  readonly dataDir: string
  /** To the end of its input. @throws when it fails */
  readonly done: Promise<KafkaRun>
  /** Ends one that has no end. */
  stop(): Promise<KafkaRun>
}

const RUN = join(import.meta.dirname, 'run.ts')

export function startRun(options: RunOptions, bound: 'bounded' | 'unbounded'): StartedRun {
  const { what, client, bootstrapServers, checkpointInterval } = options
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const child = spawn(process.execPath, [RUN, what, bound], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      KAFKA_BOOTSTRAP_SERVERS: bootstrapServers.join(','),
      KAFKA_CLIENT: client,
      // Of its own: markers of another run would say that the topic holds its output.
      KAFKA_MARKER_TOPIC: `markers-${basename(dataDir)}`,
      SLUICE_DATA_DIR: dataDir,
      CHECKPOINT_INTERVAL: checkpointInterval,
      LOG_LEVEL: 'warn',
      METRICS_PORT: 'off',
    },
  })
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  const done = text(child.stdout).then(async (printed) => {
    const code = await exited
    if (code !== 0) throw new Error(`${what} by ${client} ended with ${code}`)
    return JSON.parse(printed) as KafkaRun
  })
  done.catch(() => {}) // told to whoever waits for it
  return {
    dataDir,
    done,
    stop() {
      child.stdin.end()
      return done
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
