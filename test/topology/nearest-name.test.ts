import { describe, expect, it } from 'vitest'
import { nearestName } from '../../topology/nearest-name.ts'

describe('nearestName', () => {
  const tables = ['bronze.events', 'silver.events', 'gold.daily_revenue']

  it.each([
    ['silver.event', 'silver.events'],
    ['slivre.events', 'silver.events'],
    ['SILVER.EVENTS', 'silver.events'],
    ['gold.daily_revenu', 'gold.daily_revenue'],
  ])('takes %s for %s', (name, nearest) => expect(nearestName(name, tables)).toBe(nearest))

  it('is silent when nothing is near', () => {
    expect(nearestName('inventory', tables)).toBeUndefined()
    expect(nearestName('x', [])).toBeUndefined()
  })

  it('counts a swap of neighbours once', () => expect(nearestName('sqa', ['sql'])).toBe('sql'))
})
