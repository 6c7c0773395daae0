/** How test runs report: for people, and as JSON too into the file that `SLUICE_TEST_REPORT` names. */
import type { InlineConfig } from 'vitest/node'

const file = process.env['SLUICE_TEST_REPORT']

/** For a Vitest configuration. */
export const reporters: Pick<InlineConfig, 'reporters'> =
  file === undefined ? {} : { reporters: ['default', ['json', { outputFile: file }]] }
