/**
 * What the clocks of a time zone show: how far they are ahead of UTC at an instant, and when they show a time.
 *
 * Intl knows, and takes microseconds to say so. So it is asked twice for each UTC day: where both ends of a day have one
 * offset all of it has, else the moment of the change is looked for.
 */

const DAY_MS = 86_400_000
/** How many days are remembered: three years of them, unless event times are all over the place. */
const REMEMBERED_DAYS = 1_100
/** Where Intl's calendar begins and `Date` ends, a few days apart. */
const [FIRST_MS, LAST_MS] = [-62_135_000_000_000, 8_639_999_000_000_000]

/** One UTC day: the offset at its beginning, and from `changesAtMs` on the one after. */
interface Day {
  readonly offsetMs: number
  /** +∞ on a day without a change. */
  readonly changesAtMs: number
  readonly nextOffsetMs: number
}

export class ZoneOffsets {
  private readonly format: Intl.DateTimeFormat
  private readonly days = new Map<number, Day>()

  constructor(timeZone: string) {
    this.format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  /** How far clocks are ahead of UTC, in milliseconds. */
  at(instantMs: number): number {
    const day = this.day(Math.floor(instantMs / DAY_MS))
    return instantMs < day.changesAtMs ? day.offsetMs : day.nextOffsetMs
  }

  /**
   * The first instant at which clocks show `localMs` (milliseconds since 1970-01-01T00:00 on them) or later: of a time
   * that is shown twice the first, of one that is skipped the moment of the change.
   */
  firstInstantOf(localMs: number): number {
    const number = Math.floor(localMs / DAY_MS)
    // No zone is a whole day ahead or behind; the change, if there is one, is on one of these days.
    for (let near = number - 1; near <= number + 1; near++) {
      const { offsetMs, changesAtMs, nextOffsetMs } = this.day(near)
      if (changesAtMs === Number.POSITIVE_INFINITY) continue
      if (localMs - offsetMs < changesAtMs) return localMs - offsetMs
      if (localMs - nextOffsetMs < changesAtMs) return changesAtMs
    }
    return localMs - this.at(localMs + DAY_MS)
  }

  private day(number: number): Day {
    const known = this.days.get(number)
    if (known !== undefined) return known
    if (this.days.size === REMEMBERED_DAYS) this.days.clear()
    const day = this.lookUp(number * DAY_MS)
    this.days.set(number, day)
    return day
  }

  private lookUp(startMs: number): Day {
    const offsetMs = this.ask(startMs)
    const nextOffsetMs = this.ask(startMs + DAY_MS)
    if (offsetMs === nextOffsetMs) return { offsetMs, changesAtMs: Number.POSITIVE_INFINITY, nextOffsetMs }
    let [beforeMs, afterMs] = [startMs, startMs + DAY_MS]
    while (afterMs - beforeMs > 1) {
      const middleMs = Math.floor((beforeMs + afterMs) / 2)
      if (this.ask(middleMs) === offsetMs) beforeMs = middleMs
      else afterMs = middleMs
    }
    return { offsetMs, changesAtMs: afterMs, nextOffsetMs }
  }

  private ask(instantMs: number): number {
    const askedMs = Math.min(Math.max(instantMs, FIRST_MS), LAST_MS)
    const shown: Record<string, number> = {}
    for (const { type, value } of this.format.formatToParts(askedMs)) shown[type] = Number(value)
    const { year, month, day, hour, minute, second } = shown
    const shownAt = new Date(0)
    shownAt.setUTCFullYear(year!, month! - 1, day!)
    shownAt.setUTCHours(hour!, minute!, second!)
    return shownAt.getTime() - Math.floor(askedMs / 1000) * 1000
  }
}
