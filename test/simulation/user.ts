/** Who runs the job: submits it, again when its coordinator is gone, asks for savepoints, stops and rescales it. */
import { CoordinatorProcess, type Submission } from './coordinator-process.ts'
import type { Machines } from './machines.ts'

export class User {
  readonly coordinators: CoordinatorProcess[] = []
  readonly savepoints: string[] = []
  /** Windows were closed before their time, perhaps: what came for them afterwards is late. */
  hasDrained = false
  private readonly machines: Machines
  private readonly keyGroups: number
  private readonly settings: Pick<Submission, 'checkpoints' | 'restart'>

  constructor(machines: Machines) {
    this.machines = machines
    const { world } = machines
    this.keyGroups = world.integer(4, 16)
    const timeoutMs = world.chance(0.5) ? world.between(400, 1_500) : world.between(3_000, 10_000)
    this.settings = {
      checkpoints: {
        intervalMs: world.between(80, 400),
        minPauseMs: world.chance(0.5) ? 0 : world.between(0, 100),
        timeoutMs,
        toleratedFailures: world.integer(0, 3),
      },
      restart: { type: 'fixed-delay', attempts: 1_000_000, delayMs: world.between(1, 300) },
    }
  }

  get alive(): readonly CoordinatorProcess[] {
    return this.coordinators.filter((coordinator) => coordinator.isAlive)
  }

  /** A run has come to the end of the input. */
  get isDone(): boolean {
    return this.coordinators.some(({ outcome, wasStopped }) => outcome === 'FINISHED' && !wasStopped)
  }

  submit(): void {
    const { machines, savepoints, settings, keyGroups } = this
    const { world } = machines
    const machine = machines.start(`c${this.coordinators.length + 1}`)
    const fromSavepoint = savepoints.length > 0 && world.chance(0.3) ? world.pick(savepoints) : undefined
    const submission = {
      ...settings,
      parallelism: world.integer(1, 4),
      workers: world.integer(1, 3),
      keyGroups,
      ...(fromSavepoint === undefined ? {} : { fromSavepoint, allowRewind: true }),
    }
    if (fromSavepoint !== undefined) world.count('user: from savepoint')
    world.note('user', () => `submits ${JSON.stringify(submission)}`)
    machine.process.schedule(1, () => this.coordinators.push(new CoordinatorProcess(machine, submission)))
  }

  /** Looks after the job from now on. */
  tend(): void {
    const { world } = this.machines
    if (this.isDone) return
    const isRival = this.alive.some(({ machine }) => machine.process.state === 'stopped')
    if (this.alive.length === 0 || (isRival && this.alive.length < 3 && world.chance(0.3))) this.submit()
    world.schedule(world.between(20, 300), () => this.tend())
  }

  /** Something that a user may ask of a running job. What becomes of it is the job's to say: it may be refused. */
  ask(): void {
    const { world } = this.machines
    const running = this.alive.filter(
      ({ machine, master }) => machine.process.state === 'running' && master.state === 'RUNNING',
    )
    if (running.length === 0) return
    const coordinator = world.pick(running)
    const { master, machine } = coordinator
    const wish = world.pick([
      'checkpoint',
      'savepoint',
      'savepoint',
      'rescale',
      'rescale',
      'stop',
      'drain',
      'cancel',
      'rival',
    ])
    world.note('user', () => `asks ${machine.process.name} for ${wish}`)
    const answered = (promise: Promise<unknown>) =>
      promise.then(
        () => {
          world.count(`user: ${wish}`)
          world.note('user', () => `has got ${wish} from ${machine.process.name}`)
        },
        (error: Error) =>
          world.note('user', () => `did not get ${wish} from ${machine.process.name}: ${error.message}`),
      )
    switch (wish) {
      case 'checkpoint':
        return void answered(master.trigger('checkpoint'))
      case 'savepoint':
        return void answered(master.trigger('savepoint').then(({ location }) => this.savepoints.push(location)))
      case 'rescale':
        return void answered(master.rescale({ parallelism: world.integer(1, 4), workers: world.integer(1, 3) }))
      case 'stop':
      case 'drain':
        coordinator.wasStopped = true
        this.hasDrained ||= wish === 'drain'
        return void answered(
          master.stop({ drain: wish === 'drain' }).then(({ location }) => this.savepoints.push(location)),
        )
      case 'cancel':
        return void answered(master.cancel())
      case 'rival':
        world.count('user: rival')
        this.submit()
    }
  }
}
