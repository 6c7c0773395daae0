/** What befalls processes and connections, from time to time, until it is enough. */
import type { Machines } from './machines.ts'
import { STOPPED_MS } from './remote-service.ts'
import type { User } from './user.ts'
import { CALM } from './weather.ts'

export class Chaos {
  isOver = false
  private readonly machines: Machines
  private readonly user: User

  constructor(machines: Machines, user: User, untilMs: number) {
    this.machines = machines
    this.user = user
    const { world } = machines
    this.schedule()
    world.schedule(untilMs, () => this.end())
  }

  private schedule(): void {
    const { world, climate } = this.machines
    const { eventEveryMs } = climate.weather
    if (eventEveryMs === Number.POSITIVE_INFINITY) return
    world.schedule(-Math.log(1 - world.random()) * eventEveryMs, () => {
      if (this.isOver) return
      this.strike()
      this.schedule()
    })
  }

  private strike(): void {
    const { machines, user } = this
    const { world, network } = machines
    const what = world.pick(['kill', 'kill', 'stop', 'stop', 'break', 'stall', 'ask', 'ask'])
    if (what === 'ask') return user.ask()
    if (what === 'break' || what === 'stall') {
      if (network.connections.size === 0) return
      const connection = world.pick([...network.connections])
      world.note('chaos', () => `${what}s ${connection.owner.name} – ${connection.peer.owner.name}`)
      if (what === 'break') connection.break()
      else connection.stall(world.between(10, 3_000))
      return
    }
    // Coordinators as often as workers, of which there are more.
    const coordinators = user.alive.map(({ machine }) => machine.process)
    const among = world.chance(0.5) ? coordinators : machines.alive
    if (among.length === 0) return
    const process = world.pick(among)
    if (what === 'kill') return process.end('SIGKILL')
    process.stop()
    world.schedule(world.between(20, STOPPED_MS), () => process.continue())
  }

  private end(): void {
    const { world, climate } = this.machines
    world.note('chaos', () => 'ends')
    climate.weather = CALM
    this.isOver = true
  }
}
