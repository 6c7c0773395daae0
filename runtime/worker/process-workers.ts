/** Workers in processes of their own on this machine. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SluiceError } from '../../topology/errors.ts'
import type { Config } from '../config/config.ts'
import { SocketTransport, type SocketTransportOptions } from '../transport/socket-transport.ts'
import type { Workers } from './local-workers.ts'

/** What a worker process is told on its standard input: a token shall stand in no list of processes. */
export interface WorkerStart {
  readonly worker: string
  readonly coordinatorPid: number
  readonly address: string
  readonly token: string
  readonly transport: SocketTransportOptions
  readonly job: string
  /** Absolute path of the job module. */
  readonly file: string
  readonly config: Config
}

export type ProcessWorkersOptions = Pick<WorkerStart, 'job' | 'file' | 'config'>

/** Makes the private directory that their sockets are in; disposing removes it, once the workers have ended. */
export async function processWorkers(options: ProcessWorkersOptions): Promise<Workers & Disposable> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-'))
  const listenAt = options.config.worker.transport === 'tcp' ? 'tcp:127.0.0.1:0' : `unix:${directory}`
  const transport = { listenAt }
  return {
    transport: new SocketTransport(transport),
    token: randomBytes(32).toString('base64url'),
    launcher: {
      heartbeats: true,
      launch: (worker, address, token) =>
        launch({ ...options, worker, coordinatorPid: process.pid, address, token, transport }),
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}

async function launch(start: WorkerStart) {
  // A published build is JavaScript, the checkout TypeScript.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const main = fileURLToPath(new URL(`./main.${extension}`, import.meta.url))
  // What a worker prints goes where logs go: the coordinator's standard output is an answer.
  const child = spawn(process.execPath, [...process.execArgv, main], { stdio: ['pipe', 2, 2] })
  const exited = once(child, 'exit').then(
    ([code, signal]) => signal ?? `exit code ${code}`,
    // It never ran: whoever launches it is told why below.
    (error: Error) => error.message,
  )
  try {
    await once(child, 'spawn')
  } catch (cause) {
    throw new SluiceError('WORKER_START_FAILED', `a worker process can't be started: ${(cause as Error).message}`, {
      cause,
      fix: 'See whether this machine has memory and processes left.',
    })
  }
  // It may have died before it read what it is to do: then its exit tells.
  child.stdin!.on('error', () => {})
  child.stdin!.end(JSON.stringify(start))
  return { pid: child.pid!, kill: () => void child.kill('SIGKILL'), exited }
}
