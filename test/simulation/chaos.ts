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
    this.touchTables()
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

  private touchTables(): void {
    const { world, lake } = this.machines
    world.schedule(world.between(5, 1_000), () => {
      if (this.isOver) return
      world.count('lake: foreign commit')
      lake.touch(world.pick([...lake.tables.keys()]))
      this.touchTables()
    })
  }

  private strike(): void {
    const { machines, user } = this
    const what = machines.world.pick(['kill', 'stop', 'break', 'stall', 'ask', 'ask', 'ask', 'ask'] as const)
    if (what === 'ask') user.ask()
    else if (what === 'break' || what === 'stall') this.disturb(what)
    else this.interrupt(what)
  }

  private disturb(what: 'break' | 'stall'): void {
    const { world, network } = this.machines
    if (network.connections.size === 0) return
    const connection = world.pick([...network.connections])
    world.count(`connection: ${what}`)
    world.note('chaos', () => `${what}s ${connection.owner.name} – ${connection.peer.owner.name}`)
    if (what === 'break') connection.break()
    else connection.stall(world.between(10, 3_000))
  }

  private interrupt(what: 'kill' | 'stop'): void {
    const { machines, user } = this
    const { world } = machines
    // Coordinators as often as workers, of which there are more.
    const coordinators = user.alive.map(({ machine }) => machine.process)
    const among = world.chance(0.4) ? coordinators : machines.alive
    if (among.length === 0) return
    const process = world.pick(among)
    world.count(`${coordinators.includes(process) ? 'coordinator' : 'worker'}: ${what}`)
    if (what === 'kill') process.end('SIGKILL')
    else process.stopFor(world.between(20, STOPPED_MS))
  }

  private end(): void {
    const { world, climate } = this.machines
    world.note('chaos', () => 'ends')
    climate.weather = CALM
    this.isOver = true
  }
}
