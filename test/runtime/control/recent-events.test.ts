import { describe, expect, it } from 'vitest'
import { RecentEvents } from '../../../runtime/control/recent-events.ts'

function filled(count: number) {
  const events = new RecentEvents<number>({ capacity: 4, origin: 'o' })
  for (let number = 0; number < count; number++) events.push(number)
  return events
}

const taken = async (events: RecentEvents<number>, after?: string) => {
  events.end()
  return (await Array.fromAsync(events.follow(after === undefined ? {} : { after }))).map(({ event }) => event)
}

describe('RecentEvents', () => {
  it('keeps the last ones', async () => {
    expect(await taken(filled(0))).toEqual([])
    expect(await taken(filled(3))).toEqual([0, 1, 2])
    expect(await taken(filled(9))).toEqual([5, 6, 7, 8])
  })

  it('goes on behind an id, and gives all there is for one it does not know', async () => {
    expect(await taken(filled(9), 'o-6')).toEqual([7, 8])
    expect(await taken(filled(9), 'o-8')).toEqual([])
    for (const after of ['o-2', 'o-9', 'o--1', 'o-6.5', 'o-', 'p-6', '', '6']) {
      expect(await taken(filled(9), after), after).toEqual([5, 6, 7, 8])
    }
  })

  it('gives what comes while it is followed, to each follower', async () => {
    const events = filled(1)
    const first = Array.fromAsync(events.follow())
    const second = Array.fromAsync(events.follow({ after: 'o-0' }))
    events.push(1)
    await new Promise(setImmediate)
    events.push(2)
    events.end()
    expect((await first).map(({ id }) => id)).toEqual(['o-0', 'o-1', 'o-2'])
    expect((await second).map(({ id }) => id)).toEqual(['o-1', 'o-2'])
  })

  it('lets go of a follower whose place is overwritten', async () => {
    const events = filled(1)
    const follower = events.follow()
    await follower.next()
    for (let number = 1; number < 10; number++) events.push(number)
    await expect(follower.next()).rejects.toMatchObject({ code: 'FELL_BEHIND', details: { lost: 5 } })
  })

  it('ends with what is there when it is aborted, and forgets the follower', async () => {
    const events = filled(2)
    const controller = new AbortController()
    const seen: number[] = []
    const following = (async () => {
      for await (const { event } of events.follow({ signal: controller.signal })) seen.push(event)
    })()
    await new Promise(setImmediate)
    events.push(2)
    controller.abort()
    await following
    expect(seen).toEqual([0, 1, 2])
    expect((await Array.fromAsync(events.follow({ signal: controller.signal }))).length).toBe(3)
  })
})
