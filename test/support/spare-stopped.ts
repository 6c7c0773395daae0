/**
 * Loaded before the CLI, this makes a coordinator unable to kill a process that is stopped, as if it ran where no signal
 * reaches: a worker that is replaced because it hangs lives on, and wakes some time later.
 */
import { ChildProcess } from 'node:child_process'
import { isStopped } from './process-state.ts'

const { kill } = ChildProcess.prototype

ChildProcess.prototype.kill = function (signal) {
  return this.pid !== undefined && isStopped(this.pid) ? false : kill.call(this, signal)
}
