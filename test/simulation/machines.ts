/** What the processes of a simulation have in place of machines: everything their code reaches beyond itself. */
import type { IcebergCatalog } from '../../connectors/iceberg/catalog/iceberg-catalog.ts'
import type { Transport } from '../../runtime/transport/transport.ts'
import type { FileIO } from '../../topology/contract/file-io.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import { type Dataset, TABLES } from './dataset.ts'
import { SimulatedStore } from './simulated-files.ts'
import { SimulatedLake } from './simulated-lake.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { type Climate, drawWeather } from './weather.ts'
import type { World } from './world.ts'

/** A process, and how it reaches the world. */
export interface Machine {
  readonly machines: Machines
  readonly process: SimulatedProcess
  readonly files: FileIO
  readonly catalog: IcebergCatalog
  readonly transport: Transport
  readonly logger: Logger
}

export class Machines {
  readonly world: World
  readonly climate: Climate
  readonly dataset: Dataset
  readonly store: SimulatedStore
  readonly lake: SimulatedLake
  readonly network: SimulatedNetwork
  readonly processes: SimulatedProcess[] = []

  constructor(world: World, dataset: Dataset) {
    this.world = world
    this.dataset = dataset
    this.climate = { weather: drawWeather(world) }
    this.store = new SimulatedStore(this.climate)
    this.lake = new SimulatedLake(this.climate, TABLES)
    this.network = new SimulatedNetwork(world, this.climate)
  }

  get alive(): readonly SimulatedProcess[] {
    return this.processes.filter((process) => process.state !== 'dead')
  }

  start(name: string): Machine {
    const { world, store, lake, network } = this
    const process = new SimulatedProcess(world, name, this.processes.length + 1)
    this.processes.push(process)
    world.note(name, () => 'starts')
    return {
      machines: this,
      process,
      files: store.filesOf(process),
      catalog: lake.catalogOf(process),
      transport: network.transportOf(process),
      logger: loggerOf(process),
    }
  }

  /** How long a connector is held up now, milliseconds; mostly not at all. */
  holdUpMs(): number {
    const { world, climate } = this
    return world.chance(climate.weather.isHeld) ? world.between(1, 100) : 0
  }
}

function loggerOf({ world, name }: SimulatedProcess): Logger {
  const at = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    world.count(`log: ${fields['event']}`)
    world.note(name, () => `${level} ${fields['event']}: ${message}`)
  }
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  }
  return logger
}
