/** What must compile of patterns, and what must not: checked by tsc, never run. */
import { keyBy, matchPattern, pattern } from '../../operators/index.ts'
import { minutes } from '../../topology/duration.ts'
import type { Stream } from '../../topology/stream.ts'

interface Step {
  readonly user: string
  readonly amount: number
}

declare const steps: Stream<Step>
declare function same<Expected>(): <Actual>(
  stream: Stream<Actual> & ([Expected, Actual] extends [Actual, Expected] ? unknown : never),
) => void

const found = pattern<Step>()
  .begin('low', ({ amount }) => amount < 1)
  .followedBy('up', ({ amount }, { low }, taken) => amount > (taken.at(-1) ?? low).amount)
  .times(2, 4)
  .consecutive()
  .notNext('zero', ({ amount }, { up }) => amount === up.length)
  .next('peak', ({ amount }, { up }) => amount > up.at(-1)!.amount)
  .optional()
  .next('down', ({ amount }, { peak }) => amount < (peak?.amount ?? 0))
  .within(minutes(1))

const { out, timedOut, late } = steps.pipe(keyBy('user'), matchPattern(found, { skip: 'skipPastLastEvent' }))
same<{ low: Step; up: readonly Step[]; peak: Step | undefined; down: Step }>()(out)
same<Partial<{ low: Step; up: readonly Step[]; peak: Step | undefined; down: Step }>>()(timedOut)
same<Step>()(late)

const start = pattern<Step>().begin('a', () => true)
// @ts-expect-error two stages of one name
start.next('a', () => true)
// @ts-expect-error what is matched later is not known yet
start.next('b', (_step, { c }) => c)
// @ts-expect-error a condition is no promise
start.next('b', async () => true)
// @ts-expect-error only what is repeated can be consecutive
start.next('b', () => true).consecutive()
// @ts-expect-error within comes last
start.within(minutes(1)).next('b', () => true)
// @ts-expect-error a duration says its unit
start.within(60_000)
// @ts-expect-error no stage is before it
pattern<Step>().next('a', () => true)
// @ts-expect-error patterns are found per key
steps.pipe(matchPattern(found))
// @ts-expect-error a pattern of other records
steps.pipe(keyBy('user'), matchPattern(pattern<{ nope: string }>().begin('a', ({ nope }) => nope === ''))) // biome-ignore format: one line for the error
