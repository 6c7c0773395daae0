import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../runtime/observability/logger.ts'

const clock = { nowMs: () => Date.UTC(2026, 0, 2, 3, 4, 5) }

function collector() {
  const lines: string[] = []
  return { lines, write: (line: string) => void lines.push(line) }
}

describe('createLogger', () => {
  it('writes one JSON object a line, with the fields of its children', async () => {
    const destination = collector()
    const logger = await createLogger({
      level: 'info',
      format: 'auto',
      clock,
      destination,
      fields: { job: 'medallion' },
    })
    logger.child({ uid: 'sink-1' }).info({ event: 'checkpoint-complete', checkpoint: 7n }, 'checkpoint 7 complete')
    expect(destination.lines).toHaveLength(1)
    expect(JSON.parse(destination.lines[0]!)).toEqual({
      level: 'info',
      time: '2026-01-02T03:04:05.000Z',
      pid: process.pid,
      job: 'medallion',
      uid: 'sink-1',
      event: 'checkpoint-complete',
      checkpoint: '7',
      message: 'checkpoint 7 complete',
    })
  })

  it('redacts names, values and messages', async () => {
    const destination = collector()
    const logger = await createLogger({ level: 'debug', format: 'json', clock, destination })
    logger.warn({ password: 'hunter2', url: 'http://a:hunter2@c' }, 'token=hunter2 refused')
    logger.child({ apiKey: 'hunter2' }).error({ error: new Error('password: hunter2') }, 'failed')
    expect(destination.lines).toHaveLength(2)
    expect(destination.lines.join()).not.toContain('hunter2')
  })

  it('writes a field that comes twice once, as the line has it', async () => {
    const destination = collector()
    const logger = await createLogger({
      level: 'info',
      format: 'json',
      clock,
      destination,
      fields: { job: 'a', epoch: 1n },
    })
    logger.child({ job: 'b' }).info({ epoch: 2n }, 'hello')
    expect(destination.lines[0]!.match(/"(job|epoch)":"\w"/g)).toEqual(['"job":"b"', '"epoch":"2"'])
  })

  it('leaves out what is below its level', async () => {
    const destination = collector()
    const logger = await createLogger({ level: 'warn', format: 'json', clock, destination })
    logger.info({}, 'no')
    logger.debug({}, 'no')
    logger.warn({}, 'yes')
    expect(destination.lines.map((line) => JSON.parse(line).message)).toEqual(['yes'])
  })

  it('is pretty when told to, without colours where there is no terminal', async () => {
    const destination = collector()
    const logger = await createLogger({ level: 'info', format: 'pretty', clock, destination })
    logger.info({ uid: 'sink-1' }, 'hello')
    expect(destination.lines.join('')).toMatch(/INFO.*hello.*sink-1/)
    expect(destination.lines.join('')).not.toContain('\u001b[')
  })
})
