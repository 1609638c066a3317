-- From this format on each page has a sum of its own (see update.rs), and texts need none: what stood behind a line feed
-- goes. Stock is by location, and has a worth where its cost is known; articles may say when more of them is wanted.

ALTER TABLE stock_movement ADD COLUMN location TEXT NOT NULL DEFAULT '';
ALTER TABLE stock_movement ADD COLUMN value INTEGER;

CREATE TABLE stock_level_by_location (
    item     TEXT NOT NULL,
    unit     TEXT NOT NULL,
    location TEXT NOT NULL,
    quantity TEXT NOT NULL,
    value    INTEGER,
    PRIMARY KEY (item, unit, location)
) WITHOUT ROWID, STRICT;
INSERT INTO stock_level_by_location (item, unit, location, quantity) SELECT item, unit, '', quantity FROM stock_level;
DROP TABLE stock_level;
ALTER TABLE stock_level_by_location RENAME TO stock_level;

ALTER TABLE item ADD COLUMN reorders INTEGER NOT NULL DEFAULT 0;
CREATE INDEX item_reorders ON item (id) WHERE reorders = 1;

UPDATE item SET body = substr(body, 1, instr(body, char(10)) - 1) WHERE instr(body, char(10)) > 0;
UPDATE basket_event SET body = substr(body, 1, instr(body, char(10)) - 1) WHERE instr(body, char(10)) > 0;

-- How far each consumer of the journal has come, and what it did not take yet.
CREATE TABLE outbox_consumer (
    consumer TEXT PRIMARY KEY,
    through  INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE outbox_waiting (
    consumer   TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    key        TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    next_at_ms INTEGER NOT NULL,
    dead       INTEGER NOT NULL,
    problem    TEXT NOT NULL,
    PRIMARY KEY (consumer, seq)
) WITHOUT ROWID, STRICT;
