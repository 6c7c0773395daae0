/** The test kit's clock, by the name that the project's own tests have for it. */
export { VirtualClock as ManualClock } from '../../runtime/testing/virtual-clock.ts'
