import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { ScriptedBroker } from './scripted-broker.ts'

test('forgets what it has handed out once that is closed', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const scripted = new ScriptedBroker()
  scripted.topics.set('events', 1)
  const driver = scripted.driver()
  const open = async () => {
    const parts = [await driver.producer({}), await driver.fetcher({ topic: 'events', isolation: 'read_committed' })]
    for (const part of parts) await part.close()
    return parts.map((part) => new WeakRef(part))
  }
  const closed = await open()
  await expect
    .poll(() => {
      collectGarbage()
      return closed.filter((part) => part.deref() !== undefined).length
    })
    .toBe(0)
  await driver.close()
})
