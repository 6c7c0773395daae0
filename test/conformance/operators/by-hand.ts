/** Runs an operator by hand, element by element. */
import { isSluiceError } from '../../../topology/errors.ts'
import type { Json } from '../../../topology/json.ts'
import { harness, type OperatorHarness } from '../../support/operator-harness.ts'
import {
  type Item,
  inputsOf,
  type OperatorRunner,
  type Outcome,
  type Row,
  type Subject,
  sortedRows,
  toJson,
} from './script.ts'
import { SUBJECTS } from './subjects.ts'

export const byHand: OperatorRunner = {
  name: 'by hand',
  async run(subject, { steps, end }) {
    const committed: Record<string, Json[]> = {}
    const { build }: Subject = SUBJECTS[subject]
    const inputs = Array.from({ length: build.length }, (_, input) => input)
    const watermarksMs = new Map<number, number>()
    let parallelism = 1
    let run: OperatorHarness<Item, any> = await harness(build)
    let taken: Record<string, number> = {}
    const commit = () => {
      for (const port of run.ports) {
        const rows = run.rows(port)
        committed[port] = [...(committed[port] ?? []), ...rows.slice(taken[port] ?? 0).map(toJson)]
        taken[port] = rows.length
      }
    }
    const outcome = (error?: Outcome['error']): Outcome => ({
      rows: sortedRows(committed),
      ...(error === undefined ? {} : { error }),
    })
    for (const step of steps) {
      if ('error' in step) return outcome({ code: 'INTERNAL' })
      if ('rows' in step || 'watermark' in step) {
        try {
          for (const input of inputsOf(step, build.length)) {
            if ('rows' in step) run.input(input).timed(step.rows.map(timed))
            else {
              watermarksMs.set(input, step.watermark)
              run.input(input).watermark(step.watermark)
            }
          }
          // Whoever has asked somebody gets its answer.
          await run.clock.turn()
          await run.settled()
        } catch (error) {
          if (!isSluiceError(error)) throw error
          return outcome({ code: error.code, uid: String(error.details['uid']) })
        }
      } else {
        commit()
        if ('barrier' in step) continue
        run = await run.restart({ parallelism: ++parallelism })
        taken = {}
        // The one split is read by the first subtask: the others hold nobody back.
        for (const input of inputs) {
          for (let subtask = 1; subtask < parallelism; subtask++) run.input(input).idle(subtask)
        }
        // Sources say again how far they are.
        for (const [input, watermarkMs] of watermarksMs) run.input(input).watermark(watermarkMs)
      }
    }
    if (end === 'drain') for (const input of inputs) run.input(input).end(true)
    if (end !== 'cancel') commit()
    return outcome()
  },
}

function timed([key, atMs, n]: Row): readonly [Item, number] {
  return [{ key: key as string, n, at: BigInt(atMs) * 1000n }, atMs]
}
