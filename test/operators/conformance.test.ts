/** The list of what operators do: by hand, on workers in this process, and on two worker processes. */
import { operatorConformance } from '../conformance/operator.ts'
import { byHand } from '../conformance/operators/by-hand.ts'
import { onLocalWorkers, onWorkerProcesses } from '../conformance/operators/on-workers.ts'
import { SCALE } from '../support/scale.ts'

operatorConformance(byHand)
operatorConformance(onLocalWorkers)
// Each case starts two processes, or more.
operatorConformance(onWorkerProcesses, SCALE === 'quick' ? ['deduplicate'] : undefined)
