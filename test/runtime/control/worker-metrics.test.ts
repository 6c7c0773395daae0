/** One /metrics over two worker processes: what was published is what was read, and no counter ever falls. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadJob } from '../../../runtime/control/load-job.ts'
import { openJobMaster } from '../../../runtime/control/open-job-master.ts'
import { createMetrics } from '../../../runtime/observability/metrics.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { configOf, publishDays, publishedFile } from '../../support/medallion.ts'
import { parsePrometheus, sumOf } from '../../support/prometheus.ts'
import { ROOT, runProcess, until } from '../../support/run-process.ts'
import { recordingLogger } from '../../support/silent.ts'

const JOB = 'jobs/medallion/job.ts'
const SOURCE = 'source(raw-events)'
const PREFIX = 'sluice_'
const RECORDS_IN = `${PREFIX}num_records_in_total`

async function startMedallion(events: number) {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-metrics-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  await publishDays(dataDir, { events, seed: 7 })
  const published = readFileSync(publishedFile(dataDir), 'utf8').trimEnd().split('\n').length
  const metrics = createMetrics({ prefix: PREFIX, clock: systemClock })
  const { topology, file } = await loadJob(JOB, ROOT)
  const { stdout } = await runProcess('test/support/module-files.ts', [JOB])
  const { master, close } = await openJobMaster(topology, {
    config: configOf(dataDir, { CHECKPOINT_INTERVAL: '100ms', RESTART_DELAY: '10ms', METRICS_PREFIX: PREFIX }),
    loaded: { file, files: JSON.parse(stdout) },
    parallelism: 2,
    workers: 2,
    clock: systemClock,
    logger: recordingLogger(),
    metrics,
  })
  onTestFinished(async () => {
    await master.cancel()
    await close()
  })
  await master.start()
  const counters = new Map<string, number>()
  /** Every counter, of every subtask, against the scrape before. */
  const scrape = async () => {
    const text = await metrics.text()
    for (const { type, samples } of parsePrometheus(text).values()) {
      if (type === 'gauge') continue
      for (const { name, labels, value } of samples) {
        const series = `${name}${JSON.stringify(labels)}`
        expect(value, series).toBeGreaterThanOrEqual(counters.get(series) ?? 0)
        counters.set(series, value)
      }
    }
    return text
  }
  return { run: master, published, scrape }
}

test('every record that was published has come in, at the source and at the first table', async () => {
  const { run, published, scrape } = await startMedallion(6_000)
  let text = ''
  await until('all is read', async () => {
    text = await scrape()
    const read = sumOf(text, RECORDS_IN, { uid: SOURCE })
    expect(read).toBeLessThanOrEqual(published)
    return read === published && sumOf(text, `${PREFIX}number_of_completed_checkpoints_total`) > 0
  })
  for (const subtask of ['0', '1']) expect(sumOf(text, RECORDS_IN, { uid: SOURCE, subtask })).toBeGreaterThan(0)
  await run.stop()
  await run.done
  const last = await scrape()
  expect(sumOf(last, RECORDS_IN, { uid: SOURCE })).toBe(published)
  // Bytes are told once a second and at the end: until then they may lag behind the records.
  expect(sumOf(last, `${PREFIX}num_bytes_in_total`, { uid: SOURCE })).toBeGreaterThan(published * 50)
  expect(sumOf(last, RECORDS_IN, { uid: 'sink(bronze.events)' })).toBe(published)
  expect(sumOf(last, `${PREFIX}num_records_send_total`, { table: 'bronze.events' })).toBe(published)
  expect(parsePrometheus(last).get(`${PREFIX}busy_time_ms_per_second`)?.samples ?? []).toEqual([])
})

test('no counter falls when a worker dies, and what its successor counts comes on top', async () => {
  const { run, published, scrape } = await startMedallion(6_000)
  await until('it reads', async () => sumOf(await scrape(), RECORDS_IN, { uid: SOURCE }) > 0)
  process.kill(run.pool.running[0]!.pid, 'SIGKILL')
  await until('it has started again and read on', async () => {
    const text = await scrape()
    return sumOf(text, `${PREFIX}num_restarts_total`) === 1 && run.state === 'RUNNING'
  })
  await until('all is read', async () => sumOf(await scrape(), RECORDS_IN, { uid: SOURCE }) >= published)
  await run.stop()
  await run.done
  await scrape()
})
