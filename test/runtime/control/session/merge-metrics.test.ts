import { expect, it } from 'vitest'
import { mergeMetrics } from '../../../../runtime/control/session/merge-metrics.ts'

it('puts samples of one metric together, its HELP and TYPE once', () => {
  const text = (job: string) =>
    [
      '# HELP a Help of a.',
      '# TYPE a counter',
      `a{job="${job}"} 1`,
      '',
      '# TYPE b histogram',
      `b_bucket{le="1",job="${job}"} 1`,
      `b_sum{job="${job}"} 0.5`,
      '',
    ].join('\n')
  expect(mergeMetrics([text('x'), '', text('y'), '# TYPE c gauge\nc 1\n'])).toBe(
    [
      '# HELP a Help of a.',
      '# TYPE a counter',
      'a{job="x"} 1',
      'a{job="y"} 1',
      '',
      '# TYPE b histogram',
      'b_bucket{le="1",job="x"} 1',
      'b_sum{job="x"} 0.5',
      'b_bucket{le="1",job="y"} 1',
      'b_sum{job="y"} 0.5',
      '',
      '# TYPE c gauge',
      'c 1',
      '',
    ].join('\n'),
  )
  expect(mergeMetrics([])).toBe('')
})
