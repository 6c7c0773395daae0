/** Two hosts of one stage: by function calls, and over a connection. What a stage does must not depend on which. */

import { HostClock } from '../../../../runtime/stage-server/host-clock.ts'
import { StageKind, WHOLE_SOURCE } from '../../../../runtime/stage-server/stage-frames.ts'
import { serveStage } from '../../../../runtime/stage-server/stage-server.ts'
import { jsonSerdes } from '../../../../runtime/testing/json-serdes.ts'
import type { Transport } from '../../../../runtime/transport/transport.ts'
import { ChainStage } from '../../../../runtime/worker/chain-stage.ts'
import { openSinks } from '../../../../runtime/worker/connectors.ts'
import { stageHost } from '../../../../runtime/worker/stage-host.ts'
import type { IntervalOutput, StageRestore, StageSnapshot, StateChunk } from '../../../../topology/contract/stage.ts'
import { Batch, type Element } from '../../../../topology/element.ts'
import type { Plan, StagePlan } from '../../../../topology/plan/plan.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { recordingLogger, silentMetrics } from '../../../support/silent.ts'
import { StageClient } from './stage-client.ts'

export const TOKEN = 'a token'
export const NOW_MS = 1_800_000_000_000

/** What a host keeps of a snapshot. */
export type Kept = Omit<StageSnapshot, 'keyed'> & { readonly chunks: readonly StateChunk[] }

export interface Subtask {
  readonly subtask: number
  readonly parallelism: number
}

/** An element and where it goes in: an input, or of a source the split, with undefined for the source as a whole. */
export interface Fed {
  readonly input: number | undefined
  readonly element: Element
}

export interface TestHost {
  feed(fed: Fed): Promise<void>
  snapshot(checkpointId: bigint): Promise<Kept>
  complete(checkpointId: bigint): Promise<void>
  /** What has left the stage so far, once everything that was fed has gone through. */
  output(): Promise<readonly (readonly [output: number, element: unknown])[]>
  close(): Promise<void>
}

export type OpenHost = (stage: StagePlan, at: Subtask, restore?: Kept) => Promise<TestHost>

export function byCalls(plan: Plan): OpenHost {
  return async (stagePlan, { subtask, parallelism }, restored) => {
    const out: (readonly [number, unknown])[] = []
    let chunks: StateChunk[] = []
    const stage = new ChainStage(stagePlan)
    const host = stageHost({
      plan,
      epoch: 7n,
      subtask,
      parallelism,
      clock: new HostClock(new ManualClock(), NOW_MS),
      logger: recordingLogger(),
      metrics: () => silentMetrics,
      emit: (output, element) => out.push([output, plain(element)]),
      wake: () => {},
      reportSplit: () => {},
      store: async ({ bytes, ...description }) => {
        chunks.push({ ...description, bytes: bytes.slice() })
        return { ...description, file: '', sizeBytes: bytes.length, sha256: '' }
      },
      sinks: openSinks(stagePlan.nodes, undefined as never),
      serdes: jsonSerdes,
    })
    await stage.open(host, restored && restoreOf(restored))
    return {
      async feed({ input, element }) {
        const at = stagePlan.source === undefined ? input! : 0
        const fed = stagePlan.source === undefined || input === undefined ? element : ofSplit(element, input)
        if (fed.kind === 'batch') await stage.onBatch(at, fed)
        else if (fed.kind === 'watermark') await stage.onWatermark(at, fed)
        else if (fed.kind === 'idle') stage.onIdle(at, fed)
        else if (fed.kind === 'end') await stage.onEnd(at, fed)
      },
      async snapshot(checkpointId) {
        chunks = []
        const { keyed: _keyed, ...rest } = await stage.snapshot(checkpointId)
        return { ...rest, split: asJson(rest.split), output: rest.output.map(withoutTypes), chunks }
      },
      complete: async (checkpointId) => stage.complete(checkpointId),
      output: async () => out,
      close: () => stage.close(),
    }
  }
}

export function overSocket(plan: Plan, transport: Transport): OpenHost {
  return async (stagePlan, at, restored) => {
    const server = await serveStage(transport, {
      plan,
      stagePlan,
      sinks: openSinks(stagePlan.nodes, undefined as never),
      serdes: jsonSerdes,
      token: TOKEN,
      clock: new ManualClock(),
      logger: recordingLogger(),
      creditBytes: 1 << 30,
    })
    const client = await StageClient.connect(transport, server.address)
    const out: (readonly [number, unknown])[] = []
    client.onReceived = ({ channel, element, chunk }) => {
      if (element !== undefined && element.kind !== 'barrier') out.push([channel, plain(element)])
      if (chunk !== undefined) client.stored(BigInt(chunk.checkpointId), chunk.chunk)
    }
    client.say(0, { protocol: 'sluice-stage', version: 1, token: TOKEN, fingerprint: plan.fingerprint })
    client.say(StageKind.open, {
      ...at,
      epoch: '7',
      nowMs: NOW_MS,
      ...(restored && {
        restore: { chunks: restored.chunks.length, split: restored.split, watermarkMs: restored.watermarkMs },
      }),
    })
    for (const chunk of restored?.chunks ?? []) client.chunk(chunk)
    for (const { output } of stagePlan.outputs) client.credit(output, 0xffff_ffff)
    await client.message(StageKind.opened)
    const snapshot = async (checkpointId: bigint): Promise<Kept> => {
      client.element(0, { kind: 'barrier', epoch: 7n, checkpointId, triggeredAtMs: NOW_MS })
      const of = (id: unknown) => String(id) === String(checkpointId)
      const message = await client.waitFor((all) => all.find(({ message: m }) => m && of(m.checkpointId))?.message)
      const chunks = client.received.flatMap(({ chunk }) => (chunk && of(chunk.checkpointId) ? [chunk] : []))
      if (message.chunks !== chunks.length) throw new Error(`${chunks.length} chunks came of ${message.chunks}`)
      return {
        split: message.split,
        output: message.output.map((each: any) => ({ ...each, checkpointId: BigInt(each.checkpointId) })),
        sinkWatermarksMs: message.sinkWatermarksMs,
        watermarkMs: message.watermarkMs,
        chunks: chunks.map(({ checkpointId: _id, chunk: _number, sha256: _sha256, ...chunk }) => chunk),
      }
    }
    let seen = 0
    return {
      async feed({ input, element }) {
        client.element(input ?? WHOLE_SOURCE, element)
      },
      snapshot,
      async complete(checkpointId) {
        client.checkpoint(StageKind.complete, checkpointId)
      },
      async output() {
        // A snapshot comes behind everything before it, also where the stage has no outputs.
        await snapshot(BigInt(++seen) << 40n)
        return out
      },
      async close() {
        client.say(StageKind.close)
        await client.message(StageKind.closed)
        await client.closed
        await server.close()
      },
    }
  }
}

/** Of committables only what is JSON goes on. */
function withoutTypes(interval: IntervalOutput): IntervalOutput {
  return { ...interval, committables: asJson(interval.committables) }
}

function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}

/** As it goes into comparisons. */
export function plain(element: Element): unknown {
  if (element.kind !== 'batch') return element
  const { values, timestampsMs, keys, keyGroups, kinds } = element
  return { values, timestampsMs, keys, keyGroups, kinds }
}

function ofSplit(element: Element, split: number): Element {
  if (element.kind === 'batch') return new Batch(element.values, { ...element, split })
  return element.kind === 'watermark' || element.kind === 'idle' ? { ...element, split } : element
}

function restoreOf({ chunks, split, watermarkMs }: Kept): StageRestore {
  return {
    keyed: (async function* () {
      yield* chunks
    })(),
    split,
    dropUnclaimed: false,
    watermarkMs,
  }
}
