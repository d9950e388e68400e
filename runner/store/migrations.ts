/** Steps from one schema version to the next; the index is the version they start from. Never change one, only add. */
export const migrations: readonly string[] = [
  `CREATE TABLE runs (
     id TEXT PRIMARY KEY, state TEXT NOT NULL, workflow TEXT NOT NULL, file TEXT NOT NULL,
     startedAt TEXT NOT NULL, endedAt TEXT, exitCode INTEGER, reason TEXT, detail TEXT
   );
   CREATE INDEX runsByStart ON runs (startedAt);
   CREATE TABLE jobs (
     run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, id TEXT NOT NULL, name TEXT NOT NULL,
     startedAt TEXT NOT NULL, conclusion TEXT, outcome TEXT, exitCode INTEGER, signal TEXT, reason TEXT, detail TEXT,
     durationMs REAL,
     PRIMARY KEY (run, id)
   );
   CREATE TABLE steps (
     run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, job TEXT NOT NULL, id TEXT NOT NULL,
     attempt INTEGER NOT NULL, name TEXT NOT NULL, isolation TEXT, accel TEXT, startedAt TEXT NOT NULL, log TEXT NOT NULL,
     conclusion TEXT, outcome TEXT, exitCode INTEGER, signal TEXT, reason TEXT, detail TEXT, durationMs REAL, summary TEXT,
     PRIMARY KEY (run, job, id, attempt)
   );
   CREATE TABLE artifacts (
     run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, name TEXT NOT NULL, job TEXT NOT NULL, step TEXT,
     files INTEGER NOT NULL, bytes INTEGER NOT NULL,
     PRIMARY KEY (run, name)
   );`,
  'ALTER TABLE jobs ADD COLUMN recorded TEXT; ALTER TABLE steps ADD COLUMN recorded TEXT;',
];
