import { expect, test } from 'vitest'
import { encodeMarker, type Marker, transactionalIdOf } from '../../../../connectors/kafka/sink/marker.ts'
import { Markers } from '../../../../connectors/kafka/sink/markers.ts'
import { bytes, MARKERS, testCluster } from './setup.ts'

test('a look does not put what has been committed meanwhile behind what it had fetched before', async () => {
  const { kafka, context } = testCluster()
  kafka.createTopic(MARKERS)
  const sink = context(1n)
  const chunk = (number: number): Marker => {
    const committed = { checkpointId: 7n, checkpointEpoch: 1n, chunk: number, records: 10 * number, last: false }
    return { shard: 1, shards: 3, epoch: 1n, committed }
  }
  const put = (marker: Marker) => {
    const record = { key: bytes(transactionalIdOf(sink, marker.shard)), value: encodeMarker(sink, marker) }
    kafka.partition(MARKERS, 0).append([record], 0)
  }
  put(chunk(1))
  put(chunk(2))
  const driver = kafka.driver()
  const markers = new Markers({
    driver: {
      ...driver,
      async fetcher(options) {
        const fetcher = await driver.fetcher(options)
        const take = fetcher.take.bind(fetcher)
        fetcher.take = () => {
          const set = take()
          if (set !== undefined) markers.note(chunk(3))
          return set
        }
        return fetcher
      },
    },
    topic: MARKERS,
    context: sink,
    signal: new AbortController().signal,
  })
  await markers.read()
  expect(markers.of(1)).toEqual(chunk(3))
})
