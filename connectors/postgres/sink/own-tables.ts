/**
 * The tables that sinks keep beside their target, where the connection's search path puts them.
 *
 * ```text
 * sluice_sink_epoch   a row per job and sink: the newest attempt, and the last checkpoint whose rows are in place
 * sluice_staged       rows that wait for their checkpoint, as a JSON array of some 1,000 objects; `deletes` holds the
 *                     numbers (from 1) of those that take their key's row away
 * ```
 */
import type { Session } from '../database.ts'

/** Two that create a table at once would fail one of them, so they do it one after the other. */
const CREATE = `
  SELECT pg_advisory_xact_lock(hashtextextended('sluice_sink_epoch', 0));
  CREATE TABLE IF NOT EXISTS sluice_sink_epoch (
    job text NOT NULL,
    sink_uid text NOT NULL,
    epoch bigint NOT NULL,
    checkpoint_id bigint,
    PRIMARY KEY (job, sink_uid)
  );
  CREATE TABLE IF NOT EXISTS sluice_staged (
    job text NOT NULL,
    sink_uid text NOT NULL,
    epoch bigint NOT NULL,
    subtask integer NOT NULL,
    seq integer NOT NULL,
    rows text NOT NULL,
    deletes integer[] NOT NULL,
    PRIMARY KEY (job, sink_uid, epoch, subtask, seq)
  )`

/** Makes them where they are missing: a user who may not create tables needs them made once. */
export async function ensureOwnTables(session: Session): Promise<void> {
  const [found] = await session.query(
    `SELECT to_regclass('sluice_sink_epoch')::text AS epochs, to_regclass('sluice_staged')::text AS staged`,
  )
  if (found!['epochs'] === null || found!['staged'] === null) await session.query(CREATE)
}
