/** What operators do, wherever they run: one list for every place. */
import { describe, expect, it } from 'vitest'
import { CASES } from './operators/cases.ts'
import { CHECKLIST } from './operators/checklist.ts'
import { type OperatorRunner, sortedRows } from './operators/script.ts'
import type { SubjectName } from './operators/subjects.ts'

export function operatorConformance(
  runner: OperatorRunner,
  subjects: readonly SubjectName[] = Object.keys(CASES) as SubjectName[],
): void {
  describe.each(subjects)(`${runner.name}: %s`, (subject) => {
    it.each(CHECKLIST)('%s', async (name) => {
      const { expected, ...script } = CASES[subject][name]
      expect(await runner.run(subject, script)).toEqual({ ...expected, rows: sortedRows(expected.rows) })
    })
  })
}
