/** The medallion job, whose stages other consumers read as topics: bronze-events and silver-events beside the tables. */
import { medallion } from './job.ts'

export default medallion({ stageTopics: true })
