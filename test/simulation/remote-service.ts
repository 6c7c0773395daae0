/** Requests of a process to a service that outlives it: with latency both ways, and what may befall either. */
import { SluiceError } from '../../topology/errors.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Climate } from './weather.ts'

/** Steps that decide what counts: faults fall upon them so many times as often. */
const DECISIVE = 8

/** How long a slow request takes, and how long a process stays stopped at most, milliseconds. */
const SLOW_MS = 3_000
export const STOPPED_MS = 6_000

/**
 * Asks a service: `effect` happens there at one moment, and what it returns or throws comes back later. A process that
 * dies may leave its requests under way.
 */
export function ask<T>(
  process: SimulatedProcess,
  climate: Climate,
  what: () => string,
  effect: () => T,
  isDecisive = false,
): Promise<T> {
  const { world } = process
  const befalls = (probability: number) => world.chance(isDecisive ? probability * DECISIVE : probability)
  return new Promise((resolve, reject) => {
    if (process.state === 'dead') return
    const { weather } = climate
    const outlivesSender = world.chance(0.5)
    const delayMs = world.chance(weather.isSlow) ? world.between(50, SLOW_MS) : world.between(0.2, 4)
    world.schedule(delayMs, () => {
      if (process.state === 'dead' && !outlivesSender) return
      if (befalls(weather.fails)) {
        world.count('request refused')
        process.schedule(world.between(0.2, 4), () => reject(failed(process, what, 'it was refused')))
        return
      }
      let reply: () => void
      try {
        const result = effect()
        world.note(process.name, () => `${what()} → ${show(result)}`)
        reply = () => resolve(result)
      } catch (error) {
        world.note(process.name, () => `${what()} ✗ ${(error as Error).message}`)
        reply = () => reject(error)
      }
      if (befalls(weather.kills)) {
        world.count('killed before a reply')
        return process.end('SIGKILL, before a reply')
      }
      if (befalls(weather.stops)) {
        world.count('stopped before a reply')
        process.stopFor(world.between(20, STOPPED_MS))
      }
      if (befalls(weather.losesReply)) {
        world.count('reply lost')
        reply = () => reject(failed(process, what, 'no reply came'))
      }
      process.schedule(world.between(0.2, 4), reply)
    })
  })
}

function failed({ world, name }: SimulatedProcess, what: () => string, why: string): SluiceError {
  world.note(name, () => `${what()} ✗ ${why}`)
  return new SluiceError('SERVICE_FAILED', `${what()}: ${why}`)
}

function show(result: unknown): string {
  if (Array.isArray(result)) return `${result.length} items`
  return typeof result === 'object' && result !== null ? 'done' : String(result ?? 'done')
}
