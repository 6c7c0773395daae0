/**
 * Loaded before the CLI, this lets the processing time of a job and its workers stand still at `SLUICE_TEST_NOW_MS`, so that
 * what depends on it has one answer.
 */
import { systemClock } from '../../runtime/time/system-clock.ts'

const nowMs = Number(process.env['SLUICE_TEST_NOW_MS'])
systemClock.nowMs = () => nowMs
