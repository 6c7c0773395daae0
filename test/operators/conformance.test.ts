/** The list of what operators do: by hand, on workers in this process, and on two worker processes. */
import { operatorConformance } from '../conformance/operator.ts'
import { byHand } from '../conformance/operators/by-hand.ts'
import { onLocalWorkers, onWorkerProcesses } from '../conformance/operators/on-workers.ts'
import { SUBJECTS, type SubjectName } from '../conformance/operators/subjects.ts'
import { FRESH_SEED, scale } from '../support/scale.ts'

operatorConformance(byHand)
operatorConformance(onLocalWorkers)
// Each case starts two processes, or more: others of the subjects in every run, and all of them at full scale.
const subjects = Object.keys(SUBJECTS) as SubjectName[]
const first = FRESH_SEED % subjects.length
const inTurn = [...subjects.slice(first), ...subjects.slice(0, first)]
operatorConformance(onWorkerProcesses, inTurn.slice(0, scale(subjects.length, 1)))
