/** Which of a stage's operators want to be called, and when. */

interface Alarm {
  atMs: number
  readonly call: (nowMs: number) => void
}

/** One alarm for each operator: asked for again, the earliest moment counts. */
export class Alarms {
  private readonly request: (atMs: number) => void
  private readonly alarms: Alarm[] = []

  /** @param request asks the host for a call at that moment */
  constructor(request: (atMs: number) => void) {
    this.request = request
  }

  /** @returns how the operator asks to be called */
  add(call: (nowMs: number) => void): (atMs: number) => void {
    const alarm: Alarm = { atMs: Number.POSITIVE_INFINITY, call }
    this.alarms.push(alarm)
    return (atMs) => {
      if (atMs >= alarm.atMs) return
      alarm.atMs = atMs
      this.request(atMs)
    }
  }

  /** Calls whoever is due by `nowMs`, in the order in which elements reach them. */
  ring(nowMs: number): void {
    for (const alarm of this.alarms) {
      if (alarm.atMs > nowMs) continue
      alarm.atMs = Number.POSITIVE_INFINITY
      alarm.call(nowMs)
    }
    const nextMs = Math.min(...this.alarms.map(({ atMs }) => atMs))
    if (nextMs < Number.POSITIVE_INFINITY) this.request(nextMs)
  }
}
