/** Two processes and a Unix socket between them: rows of ten fields from encoded to decoded, read and forgotten. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeBatch } from '../../runtime/exchange/frame/decode-batch.ts'
import { SocketTransport } from '../../runtime/transport/socket-transport.ts'
import type { FrameConnection } from '../../runtime/transport/transport.ts'
import { type Measurement, median } from './measure.ts'
import { touchRows } from './ten-fields.ts'

const WINDOW_BYTES = 4 << 20
/** Multiples of the batches' lengths, so that both processes measure the same rows. */
const WARM_UP_ROWS = 1 << 21
const ROWS = 5 << 20
const ROUNDS = 5

interface Run {
  readonly wallMs: number
  readonly sendCpuMs: number
  readonly receiveCpuMs: number
}

export async function benchExchange(): Promise<Measurement[]> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  try {
    const runs: Record<number, Run[]> = { 1024: [], 256: [] }
    for (let round = 0; round < ROUNDS; round++) {
      for (const batchRows of [1024, 256]) runs[batchRows]!.push(await measureRun(directory, batchRows))
    }
    return [1024, 256].flatMap((batchRows) => measurementsOf(batchRows, runs[batchRows]!))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function measurementsOf(batchRows: number, runs: readonly Run[]): Measurement[] {
  const rate = (of: (run: Run) => number) => ROWS / 1000 / median(runs.map(of))
  const name = `batches of ${batchRows}`
  return [
    { name: `${name}: end to end`, value: rate(({ wallMs }) => wallMs), unit: 'M rows per second', target: '≥ 1' },
    { name: `${name}: sender`, value: rate(({ sendCpuMs }) => sendCpuMs), unit: 'M rows per CPU-second' },
    { name: `${name}: receiver`, value: rate(({ receiveCpuMs }) => receiveCpuMs), unit: 'M rows per CPU-second' },
  ]
}

async function measureRun(directory: string, batchRows: number): Promise<Run> {
  const accepted = Promise.withResolvers<FrameConnection>()
  const listener = await new SocketTransport({ listenAt: `unix:${directory}` }).listen(accepted.resolve)
  const numbers = [batchRows, WINDOW_BYTES, WARM_UP_ROWS, ROWS].map(String)
  const sender = spawn(
    process.execPath,
    [join(import.meta.dirname, 'exchange-sender.ts'), listener.address, ...numbers],
    { stdio: 'inherit' },
  )
  const ended = once(sender, 'exit')
  const died = ended.then(([code]) => Promise.reject(new Error(`the sender ended with ${code}`)))
  const run = await Promise.race([accepted.promise.then(receive), died])
  await ended
  await listener.close()
  return run
}

/** Gives credit back as it goes; resolves once the sender has told its part. */
function receive(connection: FrameConnection): Promise<Run> {
  return new Promise((resolve, reject) => {
    let received = 0
    let sum = 0
    let startMs = 0
    let cpu = process.cpuUsage()
    let run = { wallMs: 0, receiveCpuMs: 0 }
    connection.onFrame((frame) => {
      if (received === WARM_UP_ROWS + ROWS) {
        connection.close()
        resolve({ ...run, ...JSON.parse(Buffer.from(frame).toString()) })
        return
      }
      const batch = decodeBatch(frame)
      sum += touchRows(batch.values)
      received += batch.length
      connection.send(creditOf(frame))
      if (received === WARM_UP_ROWS) {
        startMs = performance.now()
        cpu = process.cpuUsage()
      } else if (received === WARM_UP_ROWS + ROWS) {
        const used = process.cpuUsage(cpu)
        run = { wallMs: performance.now() - startMs, receiveCpuMs: (used.user + used.system) / 1000 }
        if (Number.isNaN(sum)) reject(new Error('a field was lost'))
      }
    })
    connection.onClose((error) => reject(error ?? new Error('the sender closed early')))
  })
}

function creditOf(frame: Uint8Array): Uint8Array {
  const credit = Buffer.alloc(4)
  credit.writeUInt32LE(frame.length)
  return credit
}

if (import.meta.main) console.table(await benchExchange())
