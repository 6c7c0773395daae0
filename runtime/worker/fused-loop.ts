/**
 * One loop over a batch that calls up to eight row functions in turn, none of them through an array.
 *
 * Every chain imports this module under a query of its own (`./fused-loop.ts?chain=3`) and takes its steps while it is
 * evaluated: V8 collects call feedback per module instance, and it folds a module's constants, so that a chain's loop
 * ends up with exactly its own calls. Chains that share one instance fall to under half the speed.
 */
import { checkBoolean, describeResult, isPromise } from '../../topology/user-function.ts'
import { type FusedStep, takeSteps } from './fused-steps.ts'

const steps: readonly FusedStep[] = takeSteps()

const NONE = 0
const MAP = 1
const FILTER = 2

const kindOf = (index: number) => (steps[index] === undefined ? NONE : steps[index].step === 'map' ? MAP : FILTER)
const fnOf = (index: number) => steps[index]?.fn ?? ((row: any) => row)

const k0 = kindOf(0)
const k1 = kindOf(1)
const k2 = kindOf(2)
const k3 = kindOf(3)
const k4 = kindOf(4)
const k5 = kindOf(5)
const k6 = kindOf(6)
const k7 = kindOf(7)
const f0 = fnOf(0)
const f1 = fnOf(1)
const f2 = fnOf(2)
const f3 = fnOf(3)
const f4 = fnOf(4)
const f5 = fnOf(5)
const f6 = fnOf(6)
const f7 = fnOf(7)

/** Where the loop stood when a function threw: for the error that names step and row. */
export let failedStep = 0
export let failedRow = 0

/** As `checkBoolean`, in this instance of the module, so that its feedback is this chain's alone. */
function kept(result: unknown): boolean {
  return result === true || (result !== false && checkBoolean(result))
}

/** The maps whose first result has been looked at, a bit each. */
let known = 0

/** What a map returned. Its first result tells of promises: a function is asynchronous for all records, or for none. */
function made(result: unknown, bit: number): unknown {
  if (result === undefined) throw noRecord(result)
  if ((known & bit) === 0) {
    if (isPromise(result)) throw noRecord(result)
    known |= bit
  }
  return result
}

function noRecord(result: unknown): TypeError {
  return new TypeError(`it must return a record, not ${describeResult(result)}`)
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
      if (k0 === MAP) row = made(f0(row), 1)
      else if (!kept(f0(row))) continue
      if (k1 !== NONE) {
        step = 1
        if (k1 === MAP) row = made(f1(row), 2)
        else if (!kept(f1(row))) continue
        if (k2 !== NONE) {
          step = 2
          if (k2 === MAP) row = made(f2(row), 4)
          else if (!kept(f2(row))) continue
          if (k3 !== NONE) {
            step = 3
            if (k3 === MAP) row = made(f3(row), 8)
            else if (!kept(f3(row))) continue
            if (k4 !== NONE) {
              step = 4
              if (k4 === MAP) row = made(f4(row), 16)
              else if (!kept(f4(row))) continue
              if (k5 !== NONE) {
                step = 5
                if (k5 === MAP) row = made(f5(row), 32)
                else if (!kept(f5(row))) continue
                if (k6 !== NONE) {
                  step = 6
                  if (k6 === MAP) row = made(f6(row), 64)
                  else if (!kept(f6(row))) continue
                  if (k7 !== NONE) {
                    step = 7
                    if (k7 === MAP) row = made(f7(row), 128)
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
