/** `runtime stage`: one stage of a job, for a host in another process or language (see ../stage-server/PROTOCOL.md). */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Sink } from '../../topology/contract/sink.ts'
import { SluiceError } from '../../topology/errors.ts'
import { compile } from '../../topology/plan/compile.ts'
import type { Plan, StagePlan } from '../../topology/plan/plan.ts'
import { openConnections, openSerdes } from '../compose/compose.ts'
import { loadJob } from '../control/load-job.ts'
import { STAGE_PROTOCOL_VERSION } from '../stage-server/stage-frames.ts'
import { serveStage } from '../stage-server/stage-server.ts'
import { configuredBackend } from '../state/configured-backend.ts'
import { parseSocketAddress } from '../transport/socket-address.ts'
import { SocketTransport } from '../transport/socket-transport.ts'
import { ensureExternals, openSinks } from '../worker/connectors.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode, interruptedCode } from './exit-code.ts'
import { suggestion, usageError } from './usage-error.ts'

export async function run(context: CommandContext): Promise<number> {
  const { clock, signal, stdin, cwd } = context.environment
  const { config } = await context.config()
  const logger = await context.logger()
  const { topology, files } = await loadJob(context.positionals[0]!, cwd)
  const plan = compile(topology, {
    parallelism: config.parallelism,
    ...(config.keyGroups === undefined ? {} : { keyGroups: config.keyGroups }),
  })
  const stagePlan = findStage(plan, context.option('stage'))
  const transport = new SocketTransport({ listenAt: listenAt(context) })
  const sinks = await sinksOf(stagePlan, context)
  const serdes = openSerdes(config, { clock, logger })
  context.resources.defer(() => serdes.close())
  const token = randomBytes(32).toString('base64url')
  const openState = configuredBackend(config.state)
  const server = await serveStage(transport, { plan, stagePlan, sinks, serdes, openState, token, files, clock, logger })
  context.resources.defer(() => server.close())
  const { address } = server
  context.print(
    JSON.stringify({ address, token, pid: process.pid, stage: stagePlan.id, version: STAGE_PROTOCOL_VERSION }),
  )
  await Promise.race([aborted(signal), ...(context.has('attached') ? [ended(stdin)] : [])])
  return signal.aborted ? interruptedCode(signal) : ExitCode.ok
}

function findStage({ job, stages }: Plan, id: string | undefined): StagePlan {
  const ids = stages.map((stage) => stage.id)
  if (id === undefined) throw usageError(`--stage is missing; job ${job} has ${ids.join(', ')}`, 'stage')
  const found = stages.find((stage) => stage.id === id)
  if (found !== undefined) return found
  throw new SluiceError('STAGE_NOT_FOUND', `job ${job} has no stage ${id}${suggestion(id, ids)}`, {
    fix: `Name one of ${ids.join(', ')}.`,
    details: { job, stage: id, stages: ids },
  })
}

/** The token travels in clear, so that nobody beyond this machine may be listened to. */
function listenAt(context: CommandContext): string {
  const asked = context.option('listen')
  if (asked === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-stage-'))
    context.resources.defer(() => rmSync(directory, { recursive: true, force: true }))
    return `unix:${directory}`
  }
  const address = parseSocketAddress(asked)
  if (address.type === 'unix' || isLoopback(address.host)) return asked
  throw new SluiceError('LISTEN_FAILED', `a stage does not listen at ${asked}, which is beyond this machine`, {
    fix: 'Listen at unix:/directory or tcp:127.0.0.1:0, and let the host run beside the stage.',
    details: { address: asked },
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Tables and topics that are not there are made; a stage without sinks opens nothing. */
async function sinksOf({ nodes }: StagePlan, context: CommandContext): Promise<ReadonlyMap<string, Sink>> {
  if (!nodes.some(({ behaviour }) => behaviour.type === 'sink')) return new Map()
  const { config } = await context.config()
  const connections = await openConnections(config, {
    clock: context.environment.clock,
    logger: await context.logger(),
  })
  context.resources.defer(() => connections.close())
  await ensureExternals(nodes, connections)
  const sinks = openSinks(nodes, connections)
  for (const sink of sinks.values()) context.resources.defer(() => sink.close())
  return sinks
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function ended(stream: Readable): Promise<void> {
  stream.resume()
  return new Promise((resolve) => stream.once('close', resolve).once('end', resolve))
}
