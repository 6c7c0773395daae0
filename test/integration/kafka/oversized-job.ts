/** Texts from one topic into another, which takes none that is too large: the job sets those aside. */
import { z } from 'zod'
import { PoisonedRecord, to, topic, topology } from '../../../topology/index.ts'

const Text = z.object({ n: z.string(), text: z.string() })

export default topology('oversized', ({ from }) => {
  const texts = from(topic('texts', Text))
  texts.pipe(to(topic('small-texts', Text, { key: 'n' })))
  texts.poisoned.pipe(to(topic('texts.dlq', PoisonedRecord, { key: 'source_topic' })))
})
