/** Contracts filled by what the configuration names. */
export { type ComposeContext, openFiles, openQuery, openTables, openTopics } from './compose.ts'
