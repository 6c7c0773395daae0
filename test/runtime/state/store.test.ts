import { describe, expect, it } from 'vitest'
import { createStageState, type StageStateOptions } from '../../../runtime/state/store.ts'
import { float64, string } from '../../../topology/codec/index.ts'
import type { StateChunk } from '../../../topology/contract/stage.ts'
import type { Json } from '../../../topology/json.ts'

const sums = { name: 'sums', codec: float64 }
const keep = (chunk: StateChunk) => chunk

async function* from(chunks: readonly StateChunk[]) {
  yield* chunks
}

/** A stage of two operators, each with a sum of its own and one with split state, and what its checkpoint holds. */
async function checkpointOf(options: StageStateOptions) {
  const stage = await createStageState(options)
  stage.of('left').keyed(sums).set(0, 0, 'a', 1)
  stage.of('right').keyed(sums).set(0, 1, 'a', 2)
  stage
    .of('left')
    .split('positions')
    .onSnapshot(() => new Map<string, Json>([['p-0', { offset: '7' }]]))
  const snapshot = stage.startSnapshot()
  return { chunks: await snapshot.encode(keep), split: snapshot.split }
}

describe('createStageState', () => {
  it('restores the keyed and split state of each operator', async () => {
    const { chunks, split } = await checkpointOf({ keyGroups: 4 })
    expect(split).toEqual({ 'left/positions': { 'p-0': { offset: '7' } } })

    const stage = await createStageState({ keyGroups: 4, restore: { keyed: from(chunks), split } })
    expect(stage.of('left').keyed(sums).get(0, 0, 'a')).toBe(1)
    expect(stage.of('right').keyed(sums).get(0, 1, 'a')).toBe(2)
    expect(stage.of('left').split('positions').restored).toEqual(new Map([['p-0', { offset: '7' }]]))
    expect(() => stage.checkClaimed()).not.toThrow()
  })

  it('restores only the key groups it owns', async () => {
    const { chunks } = await checkpointOf({ keyGroups: 4 })
    const restore = { keyed: from(chunks), split: {} }
    const stage = await createStageState({ keyGroups: 4, owned: { first: 1, last: 3 }, restore })
    expect(stage.of('left').keyed(sums).size).toBe(0)
    expect(stage.of('right').keyed(sums).get(0, 1, 'a')).toBe(2)
  })

  it('passes over chunks of key groups that are not its own, before a byte of them is read', async () => {
    const stage = await createStageState({ keyGroups: 4 })
    for (let keyGroup = 0; keyGroup < 4; keyGroup++)
      stage
        .of('left')
        .keyed({ ...sums, name: `${keyGroup}` })
        .set(0, keyGroup, 'a', keyGroup)
    const chunks = await stage.startSnapshot().encode(keep)
    expect(chunks.map(({ firstKeyGroup, lastKeyGroup }) => [firstKeyGroup, lastKeyGroup])).toEqual(
      [0, 1, 2, 3].map((group) => [group, group]),
    )

    const unreadable = chunks.map((chunk) =>
      chunk.state === '1' || chunk.state === '2' ? chunk : { ...chunk, bytes: new Uint8Array([9]) },
    )
    const part = await createStageState({
      keyGroups: 4,
      owned: { first: 1, last: 2 },
      restore: { keyed: from(unreadable), split: {} },
    })
    const sizes = [0, 1, 2, 3].map((keyGroup) => part.of('left').keyed({ ...sums, name: `${keyGroup}` }).size)
    expect(sizes).toEqual([0, 1, 1, 0])
    expect(() => part.checkClaimed()).not.toThrow()
  })

  it('asks for split state at the cut, and keeps what was restored until an operator says otherwise', async () => {
    const restore = { keyed: from([]), split: { 'source/splits': { a: 1 } } }
    const stage = await createStageState({ keyGroups: 4, restore })
    const handle = stage.of('source').split('splits')
    const untouched = stage.startSnapshot()
    expect(untouched.split).toEqual({ 'source/splits': { a: 1 } })
    await untouched.encode(keep)

    let position = 2
    handle.onSnapshot(() => new Map([['a', position]]))
    const snapshot = stage.startSnapshot()
    position = 3
    await snapshot.encode(keep)
    expect(snapshot.split).toEqual({ 'source/splits': { a: 2 } })
  })

  it('names state that was restored and that no operator declares', async () => {
    const { chunks, split } = await checkpointOf({ keyGroups: 4 })
    const stage = await createStageState({ keyGroups: 4, restore: { keyed: from(chunks), split } })
    stage.of('left').keyed(sums)
    expect(() => stage.checkClaimed()).toThrow(
      'the checkpoint holds state that no operator has: right/sums, left/positions',
    )
  })

  it('refuses state of another codec when it is declared, naming operator and state', async () => {
    const { chunks } = await checkpointOf({ keyGroups: 4 })
    const stage = await createStageState({ keyGroups: 4, restore: { keyed: from(chunks), split: {} } })
    expect(() => stage.of('left').keyed({ name: 'sums', codec: string })).toThrow(
      'state sums of left was written as float64',
    )
  })

  it('refuses a state declared twice', async () => {
    const stage = await createStageState({ keyGroups: 4 })
    const store = stage.of('left')
    store.keyed(sums)
    store.split('positions')
    expect(() => store.keyed(sums)).toThrow(expect.objectContaining({ code: 'STATE_DUPLICATE' }))
    expect(() => store.split('positions')).toThrow(expect.objectContaining({ code: 'STATE_DUPLICATE' }))
  })

  it.each(['', 'left/right'])('refuses a split state named "%s", which no restore would find', async (name) => {
    const stage = await createStageState({ keyGroups: 4 })
    expect(() => stage.of('left').split(name)).toThrow(
      expect.objectContaining({ code: 'STATE_DECLARATION', details: { uid: 'left', state: name } }),
    )
  })

  it('lets go of an aborted snapshot', async () => {
    const stage = await createStageState({ keyGroups: 4 })
    stage.of('left').keyed(sums).set(0, 0, 'a', 1)
    stage.startSnapshot().abort()
    expect(await stage.startSnapshot().encode(keep)).toHaveLength(1)
  })
})
