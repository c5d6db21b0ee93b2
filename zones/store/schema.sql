-- SPDX-License-Identifier: Apache-2.0
-- Version 1. Names are stored as dns::Name::sort_key, so that BLOB order is canonical order.

-- One row: where this database stands. The epoch tells a new database from the one it replaces, also
-- when both are made in one second: seconds in front, so that later is greater, and 31 random bits.
CREATE TABLE cursor (
  epoch INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  last_content INTEGER NOT NULL
);
INSERT INTO cursor VALUES (CAST(strftime('%s', 'now') AS INTEGER) * 2147483648 + (random() & 2147483647), 0, 0);

-- A deleted zone stays as a tombstone: its id, number and version are never used again.
CREATE TABLE zones (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name_key BLOB NOT NULL,
  comment TEXT NOT NULL,
  created INTEGER NOT NULL,      -- nanoseconds since 1970
  version INTEGER NOT NULL,
  serial INTEGER NOT NULL,
  record_sets INTEGER NOT NULL,
  content INTEGER UNIQUE         -- which record_sets are this zone's; NULL: the zone is deleted
);
CREATE UNIQUE INDEX zones_by_name ON zones (name_key) WHERE content IS NOT NULL;

-- A million rows must stay small: no row number, NULL for what most sets do not have.
CREATE TABLE record_sets (
  content INTEGER NOT NULL,
  owner BLOB NOT NULL,
  type INTEGER NOT NULL,
  set_id TEXT NOT NULL,
  ttl INTEGER NOT NULL,
  rdata BLOB NOT NULL,           -- each: length (LEB128), octets
  routing BLOB,                  -- NULL: simple
  alias_target BLOB,             -- NULL: no alias
  alias_health INTEGER,          -- 1: the alias evaluates its target's health; 2: it is external; 3: both
  health_check TEXT,
  PRIMARY KEY (content, owner, type, set_id)
) WITHOUT ROWID;
CREATE INDEX record_sets_by_alias ON record_sets (content, alias_target)
  WHERE alias_target IS NOT NULL;
CREATE INDEX record_sets_by_check ON record_sets (health_check) WHERE health_check IS NOT NULL;

-- Contents that nobody sees: being staged, or left behind and to be deleted bit by bit.
CREATE TABLE unseen (
  content INTEGER PRIMARY KEY,
  staging INTEGER NOT NULL
);

CREATE TABLE objects (
  kind INTEGER NOT NULL,
  id TEXT NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;

CREATE TABLE commits (
  number INTEGER PRIMARY KEY,    -- of the revision
  epoch INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  scope TEXT NOT NULL,           -- KIND/ID
  version INTEGER NOT NULL,      -- of the scope
  body BLOB NOT NULL             -- encode(Commit)
);
CREATE INDEX commits_by_scope ON commits (scope, version);
