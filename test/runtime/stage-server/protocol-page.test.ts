/** PROTOCOL.md says what the stage does: its example is replayed byte by byte, its tables are compared. */

import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FrameKind } from '../../../runtime/exchange/data-frames.ts'
import { Form } from '../../../runtime/exchange/frame/layout.ts'
import { MAX_QUEUED } from '../../../runtime/stage-server/inbox.ts'
import { StageKind } from '../../../runtime/stage-server/stage-frames.ts'
import { serveStage } from '../../../runtime/stage-server/stage-server.ts'
import { jsonSerdes } from '../../../runtime/testing/json-serdes.ts'
import { MAX_FRAME_BYTES } from '../../../runtime/transport/limits.ts'
import { SocketTransport } from '../../../runtime/transport/socket-transport.ts'
import { BufferWriter } from '../../../topology/codec/buffer-writer.ts'
import { murmur3 } from '../../../topology/codec/murmur3.ts'
import type { Key } from '../../../topology/element.ts'
import { keyGroupOf } from '../../../topology/key.ts'
import { compile } from '../../../topology/plan/compile.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { ROOT } from '../../support/run-process.ts'
import { recordingLogger } from '../../support/silent.ts'
import example from './support/example-job.ts'

const page = readFileSync(join(ROOT, 'runtime/stage-server/PROTOCOL.md'), 'utf8')

it('has an example that goes just so', async () => {
  const conversation = readConversation()
  expect(conversation.length).toBeGreaterThan(15)
  const plan = compile(example)
  const stagePlan = plan.stages.find(({ id }) => id === 'aggregate(clicks)')!
  const server = await serveStage(new SocketTransport({ listenAt: 'tcp:127.0.0.1:0' }), {
    plan,
    stagePlan,
    sinks: new Map(),
    serdes: jsonSerdes,
    token: 'sesame',
    clock: new ManualClock(),
    logger: recordingLogger(),
  })
  const socket = createConnection({ host: '127.0.0.1', port: Number(server.address.split(':').at(-1)) })
  const arriving = socket[Symbol.asyncIterator]()
  let arrived = Buffer.alloc(0)
  for (const { who, bytes, at } of conversation) {
    if (who === 'host') {
      socket.write(bytes)
      continue
    }
    while (arrived.length < bytes.length) {
      const next = await arriving.next()
      if (next.done === true) break
      arrived = Buffer.concat([arrived, next.value])
    }
    expect(printable(arrived.subarray(0, bytes.length)), at).toBe(printable(bytes))
    arrived = arrived.subarray(bytes.length)
  }
  expect(arrived.length).toBe(0)
  socket.destroy()
  await server.close()
})

it('has the vectors of keys', () => {
  const rows = [...page.matchAll(/^\| `(\S+)` \| `([0-9a-f]+)` \| (\d+) \| (\d+) \|$/gm)]
  expect(rows.length).toBeGreaterThan(10)
  for (const [, written, bytes, hash, keyGroup] of rows) {
    const key: Key = /^-?\d+n$/.test(written!) ? BigInt(written!.slice(0, -1)) : JSON.parse(written!)
    const writer = new BufferWriter()
    writer.key(key)
    const encoded = writer.take()
    expect([Buffer.from(encoded).toString('hex'), murmur3(encoded), keyGroupOf(key, 128)], written).toEqual([
      bytes,
      Number(hash),
      Number(keyGroup),
    ])
  }
})

it('has every kind of frame', () => {
  const rows = [...page.matchAll(/^\| (\d+) \| (\w+) \| [→←]/gm)].map(([, kind, name]) => [name, Number(kind)])
  expect(Object.fromEntries(rows)).toEqual({ ...FrameKind, ...StageKind })
})

it('has every form of column', () => {
  const rows = [...page.matchAll(/^ {1,2}(\d+) {2}(\w+)\b/gm)].map(([, form, name]) => [name, Number(form)])
  expect(Object.fromEntries(rows)).toEqual(Form)
})

it('has the limits', () => {
  expect(page).toContain(`(${MAX_FRAME_BYTES.toLocaleString('en')} bytes; `)
  expect(page).toContain(`${MAX_QUEUED.toLocaleString('en')} may wait in the stage`)
})

interface Said {
  readonly who: string
  readonly bytes: Buffer
  readonly at: string
}

/** A frame begins with who sends it; bytes in hexadecimal come first in a line, then a text of JSON, or a remark. */
function readConversation(): readonly Said[] {
  const section = page.slice(page.indexOf('## A worked example'))
  const fences = [...section.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map((match) => match[2]!)
  const welcome = JSON.stringify(JSON.parse(fences[2]!))
  const said: { who: string; bytes: Buffer; at: string }[] = []
  for (const line of fences[1]!.trimEnd().split('\n')) {
    const [, who, hex, rest] = /^(host|stage|) +((?:[0-9a-f]{2}(?: +|$))*)(.*)$/.exec(line)!
    const text = rest === '{welcome}' ? welcome : rest!.startsWith('{') ? rest! : ''
    const bytes = Buffer.concat([Buffer.from(hex!.replaceAll(' ', ''), 'hex'), Buffer.from(text)])
    if (who !== '') said.push({ who: who!, bytes, at: line })
    else said.at(-1)!.bytes = Buffer.concat([said.at(-1)!.bytes, bytes])
  }
  return said
}

/** As in the page: what is text is readable in a failure. */
function printable(bytes: Buffer): string {
  const start = bytes.indexOf('{')
  return start < 0 ? bytes.toString('hex') : `${bytes.subarray(0, start).toString('hex')} ${bytes.subarray(start)}`
}
