/** STYLE's checklist for operators, as scripts with what must come of each. */
import type { Cases } from './checklist.ts'
import { JOIN_CASES } from './join-cases.ts'
import { KEYED_CASES } from './keyed-cases.ts'
import { PROCESS_CASES } from './process-cases.ts'
import { RANKING_CASES } from './ranking-cases.ts'
import { ROW_CASES } from './row-cases.ts'
import type { SubjectName } from './subjects.ts'
import { TIME_CASES } from './time-cases.ts'
import { TRIGGER_CASES } from './trigger-cases.ts'
import { WINDOW_CASES } from './window-cases.ts'

export const CASES: Readonly<Record<SubjectName, Cases>> = {
  ...ROW_CASES,
  ...KEYED_CASES,
  ...TIME_CASES,
  ...WINDOW_CASES,
  ...TRIGGER_CASES,
  ...PROCESS_CASES,
  ...JOIN_CASES,
  ...RANKING_CASES,
}
