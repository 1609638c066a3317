-- People who log on. Outside the journal: what is known of them can be changed and erased; the journal names their ids.

CREATE TABLE person (
    id              TEXT PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role            TEXT NOT NULL,
    active          INTEGER NOT NULL,
    pin             TEXT,
    badge           TEXT UNIQUE,
    wrong_pins      INTEGER NOT NULL,
    locked_until_ms INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
