/** Sources, sinks and files in memory: for tests and benches. */
export { type MemoryFiles, memoryFiles } from './memory-files.ts'
export { type MemorySink, memorySink } from './memory-sink.ts'
export { type MemorySourceOptions, memorySource } from './memory-source.ts'
