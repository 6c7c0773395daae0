/** Contracts filled by what the configuration names. */
export {
  type ComposeContext,
  openConnections,
  openEndpoints,
  openFiles,
  openQuery,
  openSerdes,
  openTables,
  openTopics,
} from './compose.ts'
