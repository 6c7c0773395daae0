/**
 * Sums Vitest's JSON reports: `count.mjs REPORT.json … BROKEN STEP …`. A file that could not be run, a report that was
 * not written and a broken step without a failed test each count as one failure; so does a skipped test.
 */
import { existsSync, readFileSync } from 'node:fs'

const reports = process.argv.slice(2).filter((argument) => argument.endsWith('.json'))
const broken = process.argv.slice(2).filter((argument) => !argument.endsWith('.json'))
let passed = 0
let failed = 0

for (const report of reports) {
  if (!existsSync(report)) {
    failed++
    continue
  }
  for (const { status, assertionResults } of JSON.parse(readFileSync(report, 'utf8')).testResults) {
    const good = assertionResults.filter((test) => test.status === 'passed').length
    passed += good
    failed += assertionResults.length - good
    if (status === 'failed' && assertionResults.length === good) failed++
  }
}
for (const step of broken) console.log(`failed: ${step}`)
if (failed === 0) failed = broken.length
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
