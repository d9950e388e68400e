import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import Libsql from 'libsql';
import { attemptSync } from '../host/attempt.ts';
import { causeText, HostFault } from '../host/fault.ts';
import { makeFolderSync } from '../host/in-place.ts';
import { orNoRoom } from '../host/room.ts';
import { migrations } from './migrations.ts';

export type Value = string | number | null;
export type Row = { readonly [column: string]: string | number };

/** The part of SQLite the store uses. Every method throws a `HostFault` when the database cannot do it. */
export interface Database {
  run(sql: string, values?: readonly (Value | undefined)[]): number;
  /** Columns that are NULL are left out of a row. */
  all(sql: string, values?: readonly (Value | undefined)[]): readonly Row[];
  close(): void;
}

/**
 * Opens the database in `folder` and brings it to the newest schema. Several processes may have it open at once: a
 * writer waits for the other up to ten seconds. Throws a `HostFault` for a folder that cannot be written, a broken file
 * and one that a newer LightV wrote.
 */
export function openDatabase(folder: string): Database {
  const file = join(folder, 'lightv.db');
  const attempted = `open the record of runs in ${file}`;
  return attemptWith(file, attempted, () => {
    makeFolderSync(folder, 0o700);
    // SQLite would only say that it is unable to.
    accessSync(folder, constants.W_OK);
    const connection = new Libsql(file, { timeout: 10_000 } as Libsql.Options);
    try {
      prepare(connection, attempted);
      return wrap(connection, file);
    } catch (error) {
      connection.close();
      throw error;
    }
  });
}

function prepare(connection: Libsql.Database, attempted: string): void {
  try {
    connection.exec('PRAGMA busy_timeout = 10000');
    connection.exec('PRAGMA journal_mode = WAL');
    connection.exec('PRAGMA synchronous = NORMAL');
    connection.exec('PRAGMA foreign_keys = ON');
    migrate(connection, attempted);
  } catch (error) {
    if (/not a database|malformed/.test(causeText(error))) {
      throw new HostFault(attempted, `${causeText(error)}; move the file away to start a new record`);
    }
    throw error;
  }
}

function migrate(connection: Libsql.Database, attempted: string): void {
  if (schemaVersion(connection) === migrations.length) {
    return;
  }
  connection.exec('BEGIN IMMEDIATE');
  try {
    const found = schemaVersion(connection);
    if (found > migrations.length) {
      throw new HostFault(attempted, `a newer LightV wrote it (schema ${found}, this one knows ${migrations.length})`);
    }
    for (const step of migrations.slice(found)) {
      connection.exec(step);
    }
    connection.exec(`PRAGMA user_version = ${migrations.length}`);
    connection.exec('COMMIT');
  } catch (error) {
    connection.exec('ROLLBACK');
    throw error;
  }
}

function schemaVersion(connection: Libsql.Database): number {
  const row = connection.prepare('PRAGMA user_version').get() as { user_version: number };
  return row.user_version;
}

function wrap(connection: Libsql.Database, file: string): Database {
  const statements = new Map<string, Libsql.Statement<unknown[]>>();
  const statement = (sql: string) => {
    const known = statements.get(sql);
    const made = known ?? connection.prepare(sql);
    statements.set(sql, made);
    return made;
  };
  const bind = (values: readonly (Value | undefined)[] = []) => values.map((value) => value ?? null);
  return {
    run: (sql, values) =>
      attemptWith(file, `write the record of runs in ${file}`, () => statement(sql).run(...bind(values)).changes),
    all: (sql, values) =>
      attemptWith(file, `read the record of runs in ${file}`, () =>
        statement(sql)
          .all(...bind(values))
          .map(plainRow),
      ),
    close: () => {
      connection.close();
    },
  };
}

/** As `attemptSync`; on a full disk SQLite speaks of an I/O error. */
function attemptWith<T>(file: string, attempted: string, work: () => T): T {
  return attemptSync(attempted, () => {
    try {
      return work();
    } catch (error) {
      throw error instanceof HostFault ? error : orNoRoom(error, dirname(file));
    }
  });
}

/** libsql's rows carry a `_metadata` column of their own. */
function plainRow(row: unknown): Row {
  const columns = Object.entries(row as Record<string, Value>);
  return Object.fromEntries(
    columns.filter((column): column is [string, string | number] => column[0] !== '_metadata' && column[1] !== null),
  );
}
