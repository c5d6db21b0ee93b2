-- SPDX-License-Identifier: Apache-2.0
-- Version 3: the log is a chain, and knows which request made a change.
ALTER TABLE commits ADD COLUMN chain BLOB;  -- see commit_chain.h; those from before are chained with it

CREATE TABLE requests (
  key TEXT PRIMARY KEY,          -- Author::request
  content TEXT NOT NULL,         -- Author::content
  number INTEGER NOT NULL,       -- of the revision
  at INTEGER NOT NULL            -- nanoseconds since 1970
) WITHOUT ROWID;
CREATE INDEX requests_by_age ON requests (at);
