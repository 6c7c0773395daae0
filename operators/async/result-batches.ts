/** Results put together into batches again, each of rows that came from the same place. */
import { Batch, MAX_BATCH_ROWS } from '../../topology/element.ts'
import type { RequestPlace } from './request.ts'

export class ResultBatches {
  private readonly emit: (batch: Batch) => void
  private rows: unknown[] = []
  private places: RequestPlace[] = []

  constructor(emit: (batch: Batch) => void) {
    this.emit = emit
  }

  add(row: unknown, place: RequestPlace): void {
    const before = this.places[0]
    if (before !== undefined && (this.rows.length >= MAX_BATCH_ROWS || !goTogether(before, place))) this.flush()
    this.rows.push(row)
    this.places.push(place)
  }

  flush(): void {
    const { rows, places } = this
    const first = places[0]
    if (first === undefined) return
    this.rows = []
    this.places = []
    const { split, origin } = first
    this.emit(
      new Batch(rows, {
        timestampsMs: first.timestampMs === undefined ? undefined : Float64Array.from(places, timestampOf),
        split,
        origin,
      }),
    )
  }
}

/** Whether one batch can say of both rows what is to be said. */
function goTogether(a: RequestPlace, b: RequestPlace): boolean {
  return a.split === b.split && a.origin === b.origin && (a.timestampMs === undefined) === (b.timestampMs === undefined)
}

const timestampOf = ({ timestampMs }: RequestPlace) => timestampMs!
