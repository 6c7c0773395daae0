/** What the copying job, its input and its outputs are called, by the name that its environment gives it. */

/** The variable that tells the job its name. */
export const COPY_ENV = 'SLUICE_TEST_COPY'
export const PARTITIONS = 4

export const jobName = (name: string) => `copy-${name}`
export const numbersTopic = (name: string) => `numbers-${name}`
export const countedTopic = (name: string) => `counted-${name}`
export const countedTable = 'chaos.counted'

/** The numbers take turns at so many. */
export const KEYS = 64
