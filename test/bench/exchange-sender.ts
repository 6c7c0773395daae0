/**
 * The sending process of the exchange bench: `exchange-sender.ts ADDRESS BATCH_ROWS WINDOW_BYTES WARM_UP_ROWS ROWS`.
 *
 * Encodes the same batches in turn and sends them while there is credit. Its last frame says how much CPU time that took.
 */
import { encodeBatch } from '../../runtime/exchange/frame/encode-batch.ts'
import { SocketTransport } from '../../runtime/transport/socket-transport.ts'
import { Batch } from '../../topology/element.ts'
import { tenFieldRows } from './ten-fields.ts'

const POOL = 32

const [address, ...numbers] = process.argv.slice(2)
const [batchRows, windowBytes, warmUpRows, rows] = numbers.map(Number) as [number, number, number, number]

const pool = Array.from({ length: POOL }, (_, index) => {
  const timestampsMs = new Float64Array(batchRows).fill(1_790_000_000_000)
  return new Batch(tenFieldRows(index * batchRows, (index + 1) * batchRows), { timestampsMs })
})
const connection = await new SocketTransport({ listenAt: 'unix:/' }).connect(address!)
let creditBytes = windowBytes
let resume: (() => void) | undefined
connection.onFrame((frame) => {
  creditBytes += Buffer.from(frame).readUInt32LE()
  resume?.()
})

await send(warmUpRows)
const before = process.cpuUsage()
await send(rows)
const { user, system } = process.cpuUsage(before)
connection.send(Buffer.from(JSON.stringify({ sendCpuMs: (user + system) / 1000 })))
// The receiver closes once it has it all: its last credit is still to come.
await new Promise<void>((resolve) => connection.onClose(() => resolve()))

async function send(count: number): Promise<void> {
  for (let sent = 0, turn = 0; sent < count; sent += batchRows, turn++) {
    // The loop turns after every batch: what the socket could not take at once goes out then.
    if (creditBytes <= 0) {
      await new Promise<void>((resolve) => {
        resume = resolve
      })
    } else await new Promise(setImmediate)
    const frame = encodeBatch(pool[turn % POOL]!)
    creditBytes -= frame.length
    connection.send(frame)
  }
}
