/** A run of row steps (map, filter, flatMap) as one function from batch to batch. */
import { Batch } from '../../topology/element.ts'
import type { Node } from '../../topology/graph.ts'
import { selection } from '../../topology/selection.ts'
import { describeResult, isPromise, userFunctionError } from '../../topology/user-function.ts'
import { type FusedStep, loadFusedLoop, MAX_FUSED_STEPS } from './fused-steps.ts'

type RowBehaviour = Extract<Node['behaviour'], { type: 'row' }>
type BatchFunction = (batch: Batch) => Batch

/** Compiles consecutive row nodes. Each run of up to eight maps and filters gets a loop of its own. */
export async function rowChain(nodes: readonly Node[]): Promise<BatchFunction> {
  const functions: BatchFunction[] = []
  let run: Node[] = []
  const close = async () => {
    if (run.length > 0) functions.push(await fused(run))
    run = []
  }
  for (const node of nodes) {
    if ((node.behaviour as RowBehaviour).step === 'flatMap') {
      await close()
      functions.push(flatMapBatch(node))
    } else {
      run.push(node)
      if (run.length === MAX_FUSED_STEPS) await close()
    }
  }
  await close()
  return functions.length === 1 ? functions[0]! : (batch) => functions.reduce((current, fn) => fn(current), batch)
}

async function fused(nodes: readonly Node[]): Promise<BatchFunction> {
  const steps = nodes.map((node) => node.behaviour as RowBehaviour & FusedStep)
  const loop = await loadFusedLoop(steps)
  const onlyMaps = steps.every(({ step }) => step === 'map')
  const keepsKey = nodes.every((node) => node.key === 'keeps')
  let selected = new Uint32Array(1024)
  /** How many came through of the last batch: about as many will of the next. */
  let expected = 0
  return (batch) => {
    const rows = batch.values
    if (selected.length < rows.length) selected = new Uint32Array(rows.length)
    const out: unknown[] = new Array(onlyMaps ? rows.length : Math.min(rows.length, expected + (expected >> 1)))
    let count: number
    try {
      count = loop.run(rows, out, selected)
    } catch (error) {
      throw rowError(nodes[loop.failedStep]!, inputOf(steps, loop.failedStep, rows[loop.failedRow]), error)
    }
    out.length = count
    expected = count
    const from = keepsKey ? batch : unkeyed(batch)
    return onlyMaps || count === rows.length ? new Batch(out, from) : selection(from, selected.subarray(0, count), out)
  }
}

/**
 * What the failed step was given: the maps before it once more, on this one row, which costs the loop nothing. A function
 * that answers otherwise this time leaves the row as it came.
 */
function inputOf(steps: readonly FusedStep[], failed: number, row: unknown): unknown {
  try {
    return steps.slice(0, failed).reduce((value, { step, fn }) => (step === 'map' ? fn(value) : value), row)
  } catch {
    return row
  }
}

function flatMapBatch(node: Node): BatchFunction {
  const { fn } = node.behaviour as RowBehaviour
  return (batch) => {
    const rows = batch.values
    const out: unknown[] = []
    const selected: number[] = []
    for (let index = 0; index < rows.length; index++) {
      let made: Iterable<unknown>
      try {
        made = fn(rows[index])
        for (const row of made) {
          if (row === undefined || isPromise(row))
            throw new TypeError(`it must return records, not ${describeResult(row)}`)
          out.push(row)
          selected.push(index)
        }
      } catch (error) {
        throw rowError(node, rows[index], error)
      }
    }
    return selection(unkeyed(batch), selected, out)
  }
}

/** What a batch says of its rows, but for their keys. */
function unkeyed(batch: Batch) {
  const { timestampsMs, kinds, split, origin } = batch
  return { timestampsMs, kinds, split, origin }
}

function rowError(node: Node, row: unknown, cause: unknown): Error {
  const { step, fn } = node.behaviour as RowBehaviour
  const what = fn.name === '' || fn.name === 'fn' ? `the function of ${step}` : `function ${fn.name}`
  return userFunctionError(node.id, what, row, cause)
}
