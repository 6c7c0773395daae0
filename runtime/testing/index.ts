/** The test kit: jobs and operators by hand, in virtual time. */
export { type DrawOptions, drawTimeline, type Lane, type Mark, type Span } from './draw-timeline.ts'
export type { TestCheckpoint } from './memory-checkpoints.ts'
export type { LoggedLine } from './observed.ts'
export type { StateEntry } from './state-view.ts'
export {
  type Outputs,
  type PortOf,
  type RowOf,
  type TestInput,
  type TestOperator,
  type TestOperatorOptions,
  testOperator,
} from './test-operator.ts'
export type { OutputRow, TestOutput } from './test-output.ts'
export type { PushOptions, RawRecord, TestSource } from './test-source.ts'
export { type RestartOptions, type TestTopology, type TestTopologyOptions, testTopology } from './test-topology.ts'
export {
  play,
  type Timeline,
  type TimelineEvent,
  type TimelineOptions,
  type TimelineTarget,
  timeline,
} from './timeline.ts'
export { VirtualClock } from './virtual-clock.ts'
