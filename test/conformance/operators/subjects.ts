/** The operators that the list is run against. */
import { JOIN_SUBJECTS } from './join-subjects.ts'
import { KEYED_SUBJECTS } from './keyed-subjects.ts'
import { PROCESS_SUBJECTS } from './process-subjects.ts'
import { RANKING_SUBJECTS } from './ranking-subjects.ts'
import { ROW_SUBJECTS } from './row-subjects.ts'
import type { Subject } from './script.ts'
import { TIME_SUBJECTS } from './time-subjects.ts'
import { TRIGGER_SUBJECTS } from './trigger-subjects.ts'
import { WINDOW_SUBJECTS } from './window-subjects.ts'

export const SUBJECTS = {
  ...ROW_SUBJECTS,
  ...KEYED_SUBJECTS,
  ...TIME_SUBJECTS,
  ...WINDOW_SUBJECTS,
  ...TRIGGER_SUBJECTS,
  ...PROCESS_SUBJECTS,
  ...JOIN_SUBJECTS,
  ...RANKING_SUBJECTS,
} as const satisfies Readonly<Record<string, Subject>>

export type SubjectName = keyof typeof SUBJECTS
