/** The checklist leaves no operator out: each that guarantees something is called by a subject, or is named here. */
import { describe, expect, it, vi } from 'vitest'
import type { Subject } from '../conformance/operators/script.ts'
import { SUBJECTS } from '../conformance/operators/subjects.ts'
import { operatorEntries } from '../house/operator-table.ts'
import { harness } from '../support/operator-harness.ts'

const { called, recording } = vi.hoisted(() => {
  const called = new Set<string>()
  const recorded = (name: string, value: unknown) =>
    typeof value !== 'function'
      ? value
      : (...given: unknown[]) => {
          called.add(name)
          return value(...given)
        }
  const recording = (module: object) =>
    Object.fromEntries(Object.entries(module).map(([name, value]) => [name, recorded(name, value)]))
  return { called, recording }
})

vi.mock('../../operators/index.ts', async (original) => recording(await original<object>()))

/** Why they have no subject, and where they are shown instead. */
const WITHOUT: Readonly<Record<string, string>> = {
  broadcast: 'what comes out depends on how many subtasks there are; processWithBroadcast stands on it',
  bronzeLayer: 'it takes what a topic received, not rows: bronze-layer.test.ts, and jobs/medallion in test/recovery',
}

describe('the checklist of operators', () => {
  const operators = operatorEntries().filter(({ isStep, guarantee }) => isStep && guarantee !== undefined)

  it('has a subject for every operator, or says why there is none', async () => {
    for (const { build } of Object.values<Subject>(SUBJECTS)) await harness(build)
    const names = operators.map(({ name }) => name)
    expect(names.filter((name) => !called.has(name))).toEqual(Object.keys(WITHOUT).toSorted())
  })
})
