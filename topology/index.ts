/** The topology: what a job is made of, and the contracts that sources, sinks and operators fill. */
export type {
  ScanFile,
  ScanPredicate,
  TableCatalog,
  TableDescription,
  TableScan,
  TimeTravel,
} from './contract/catalog.ts'
export type { Clock, Random } from './contract/clock.ts'
export type { EndpointSystem } from './contract/endpoint.ts'
export type { FileIO, FileStatus } from './contract/file-io.ts'
export type { Counter, Gauge, Histogram, Logger, MetricScope } from './contract/observability.ts'
export type { Operator, OperatorContext, OperatorFactory } from './contract/operator.ts'
export type { QueryEngine, QueryResult } from './contract/query.ts'
export type { DecodeResult, Deserializer, SerdeSystem, Serializer } from './contract/serde.ts'
export type {
  CommitRequest,
  Committable,
  CommitterContext,
  FenceRequest,
  Sink,
  SinkCommitter,
  SinkWriter,
  WriterContext,
} from './contract/sink.ts'
export type {
  ReaderContext,
  Source,
  SourceBounds,
  SourceReader,
  SourceRecord,
  SplitDescription,
  SplitState,
} from './contract/source.ts'
export type { KeyedState, KeyedStateDescriptor, StateStore, ValueCodec } from './contract/state.ts'
export type {
  Acks,
  CleanupPolicy,
  OutgoingRecord,
  RecordHeader,
  RecordMetadata,
  TopicOptions,
  TopicSystem,
} from './contract/topic.ts'
export { type DurationMs, days, hours, milliseconds, minutes, seconds } from './duration.ts'
export { type Barrier, Batch, type Element, type EndOfInput, type Idle, RowKind, type Watermark } from './element.ts'
export type { RecordHeaders, RecordParts } from './encode-record.ts'
export type { EndpointReference, EndpointSink, EndpointSource, UpsertSink } from './endpoint.ts'
export { isSluiceError, OperatorError, SluiceError, TopologyError } from './errors.ts'
export { type FileFormat, type Files, type FilesOptions, files } from './files.ts'
export {
  avro,
  type Compatibility,
  json,
  protobuf,
  RawValue,
  type RegistryFormatOptions,
  raw,
  type TopicFormat,
} from './format.ts'
export { type HttpOptions, http, type Webhook, type WebhookOptions, webhook } from './http.ts'
export { parallelism } from './parallelism.ts'
export { compile } from './plan/compile.ts'
export { explainJson, explainMermaid, explainText } from './plan/explain.ts'
export type { Plan } from './plan/plan.ts'
export { PoisonedRecord } from './poisoned-record.ts'
export {
  type PostgresQuerySource,
  type PostgresTable,
  type PostgresTableSource,
  postgres,
} from './postgres.ts'
export type { RecordKey, RecordKeyValue } from './record-key.ts'
export {
  binary,
  type DecodedRow,
  date,
  decimal,
  double,
  fixed,
  float,
  int,
  int53,
  jsonSchema,
  long,
  type Row,
  time,
  timestamp,
  timestamptz,
  uuid,
  type Wire,
} from './schema/index.ts'
export type { Immutable } from './state/immutable.ts'
export { type ListState, type ListStateDescriptor, type ListStateOptions, listState } from './state/list-state.ts'
export { type MapState, type MapStateDescriptor, type MapStateOptions, mapState } from './state/map-state.ts'
export {
  type ReducingState,
  type ReducingStateDescriptor,
  type ReducingStateOptions,
  reducingState,
} from './state/reducing-state.ts'
export type { StateTtl } from './state/ttl.ts'
export { type ValueState, type ValueStateDescriptor, type ValueStateOptions, valueState } from './state/value-state.ts'
export type {
  ElementOf,
  KeyedStream,
  KeyedUpdatingStream,
  Stream,
  TopicStream,
  Transform,
  UpdatingStream,
} from './stream.ts'
export {
  bucket,
  day,
  hour,
  identity,
  month,
  type PartitionTerm,
  type Table,
  type TableOptions,
  table,
  truncate,
  year,
} from './table.ts'
export { type CustomSink, to } from './to.ts'
export { type Topic, type TopicDeclaration, topic } from './topic.ts'
export { type Topology, type TopologyBuilder, topology } from './topology.ts'
