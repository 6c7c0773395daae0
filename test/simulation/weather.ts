/** How much goes wrong in a simulation: every seed has a weather of its own, which ends at some time. */
import type { World } from './world.ts'

/** Probabilities, per operation; more for those that decide. */
export interface Weather {
  /** A request fails, and nothing has happened. */
  readonly fails: number
  /** A request has its effect, and nobody hears of it. */
  readonly losesReply: number
  readonly isSlow: number
  /** Whoever asked is killed between the effect and the reply. */
  readonly kills: number
  /** Whoever asked is stopped there. */
  readonly stops: number
  /** A poll or a write of a connector takes its time. */
  readonly isHeld: number
  /** A connection can't be made. */
  readonly refuses: number
  /** A worker process does not start. */
  readonly spawnFails: number
  /** From one event (a kill, a broken connection, a wish of the user) to the next, in the mean, milliseconds. */
  readonly eventEveryMs: number
}

export interface Climate {
  /** As it is now. */
  weather: Weather
}

export const CALM: Weather = {
  fails: 0,
  losesReply: 0,
  isSlow: 0,
  kills: 0,
  stops: 0,
  isHeld: 0,
  refuses: 0,
  spawnFails: 0,
  eventEveryMs: Number.POSITIVE_INFINITY,
}

/** Many kinds of faults at once hide each other: so each seed leaves some out. */
export function drawWeather(world: World): Weather {
  const rate = (most: number) => (world.chance(0.5) ? 0 : world.random() * most)
  return {
    fails: rate(0.008),
    losesReply: rate(0.008),
    isSlow: rate(0.04),
    kills: rate(0.006),
    stops: rate(0.01),
    isHeld: rate(0.2),
    refuses: rate(0.05),
    spawnFails: rate(0.1),
    eventEveryMs: world.chance(0.1) ? Number.POSITIVE_INFINITY : world.between(80, 700),
  }
}
