/** Contracts filled by what the configuration names. */
export {
  type ComposeContext,
  openConnections,
  openEndpoints,
  openFiles,
  openQuery,
  openTables,
  openTopics,
} from './compose.ts'
