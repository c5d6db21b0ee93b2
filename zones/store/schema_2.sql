-- SPDX-License-Identifier: Apache-2.0
-- Version 2: private zones. Only the names of public zones are unique.
ALTER TABLE zones ADD COLUMN vpcs TEXT;  -- ids, blanks between: who sees it; NULL: public
DROP INDEX zones_by_name;
CREATE UNIQUE INDEX zones_by_name ON zones (name_key) WHERE content IS NOT NULL AND vpcs IS NULL;
CREATE INDEX all_zones_by_name ON zones (name_key) WHERE content IS NOT NULL;
