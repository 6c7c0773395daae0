/**
 * One loop over a batch that calls up to eight row functions in turn, none of them through an array.
 *
 * Every chain imports this module under a query of its own (`./fused-loop.ts?chain=3`): V8 collects call feedback per
 * module instance, and eight chains that share one fall to under half the speed (each with its own keeps four fifths).
 */

export type RowFunction = (row: any) => any

/** `none` ends the chain early. */
const NONE = 0
const MAP = 1
const FILTER = 2

let k0 = NONE
let k1 = NONE
let k2 = NONE
let k3 = NONE
let k4 = NONE
let k5 = NONE
let k6 = NONE
let k7 = NONE
const unset: RowFunction = (row) => row
let f0 = unset
let f1 = unset
let f2 = unset
let f3 = unset
let f4 = unset
let f5 = unset
let f6 = unset
let f7 = unset

/** Where the loop stood when a function threw: for the error that names step and row. */
export let failedStep = 0
export let failedRow = 0

export const MAX_FUSED_STEPS = 8

/** Sets the functions of this module instance; called once. */
export function bind(steps: readonly { readonly step: 'map' | 'filter'; readonly fn: RowFunction }[]): void {
  const kind = (index: number) => (steps[index] === undefined ? NONE : steps[index].step === 'map' ? MAP : FILTER)
  const fn = (index: number) => steps[index]?.fn ?? unset
  ;[k0, k1, k2, k3, k4, k5, k6, k7] = [kind(0), kind(1), kind(2), kind(3), kind(4), kind(5), kind(6), kind(7)]
  ;[f0, f1, f2, f3, f4, f5, f6, f7] = [fn(0), fn(1), fn(2), fn(3), fn(4), fn(5), fn(6), fn(7)]
}

/** A predicate answers with a boolean: a Promise, always truthy, would let everything through. */
function kept(answer: unknown): boolean {
  if (answer === true) return true
  if (answer === false) return false
  throw new TypeError(`a filter answers true or false, this one answered ${String(answer)}`)
}

/**
 * Runs the steps over `rows`; the rows that come through go to `out`, and where each came from to `selected`.
 * Returns how many came through.
 */
export function run(rows: readonly unknown[], out: unknown[], selected: Uint32Array): number {
  const length = rows.length
  let count = 0
  let step = 0
  let index = 0
  try {
    for (; index < length; index++) {
      let row: any = rows[index]
      step = 0
      if (k0 === MAP) row = f0(row)
      else if (!kept(f0(row))) continue
      if (k1 !== NONE) {
        step = 1
        if (k1 === MAP) row = f1(row)
        else if (!kept(f1(row))) continue
        if (k2 !== NONE) {
          step = 2
          if (k2 === MAP) row = f2(row)
          else if (!kept(f2(row))) continue
          if (k3 !== NONE) {
            step = 3
            if (k3 === MAP) row = f3(row)
            else if (!kept(f3(row))) continue
            if (k4 !== NONE) {
              step = 4
              if (k4 === MAP) row = f4(row)
              else if (!kept(f4(row))) continue
              if (k5 !== NONE) {
                step = 5
                if (k5 === MAP) row = f5(row)
                else if (!kept(f5(row))) continue
                if (k6 !== NONE) {
                  step = 6
                  if (k6 === MAP) row = f6(row)
                  else if (!kept(f6(row))) continue
                  if (k7 !== NONE) {
                    step = 7
                    if (k7 === MAP) row = f7(row)
                    else if (!kept(f7(row))) continue
                  }
                }
              }
            }
          }
        }
      }
      out[count] = row
      selected[count++] = index
    }
  } catch (error) {
    failedStep = step
    failedRow = index
    throw error
  }
  return count
}
