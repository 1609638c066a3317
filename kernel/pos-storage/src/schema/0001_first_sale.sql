-- The first schema. Amounts are minor units; quantities are exact decimals as text; no REAL anywhere.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID, STRICT;

-- ---------------------------------------------------------------- catalogue

-- `body` is the whole article; the other columns are copies to search and sort by.
CREATE TABLE item (
    row        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL COLLATE NOCASE,
    department TEXT NOT NULL,
    body       TEXT NOT NULL
) STRICT;
CREATE INDEX item_by_department ON item (department, name);

CREATE TABLE item_code (
    code TEXT PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES item (row)
) WITHOUT ROWID, STRICT;
CREATE INDEX item_code_by_item ON item_code (item);

-- Words only: the texts themselves are in item.body.
CREATE VIRTUAL TABLE item_text USING fts5 (
    name, departments, tags, codes,
    content = '', contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
);
-- A word of the name says more about an article than its department does.
INSERT INTO item_text (item_text, rank) VALUES ('rank', 'bm25(10.0, 2.0, 4.0, 8.0)');

-- ---------------------------------------------------------------- open baskets

CREATE TABLE basket_event (
    basket   BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (basket, sequence)
) WITHOUT ROWID, STRICT;

-- ---------------------------------------------------------------- the journal

-- `body` holds the record; the columns before it are copies to look records up by, checked against it by `verify`.
CREATE TABLE journal (
    seq                INTEGER PRIMARY KEY,
    kind               TEXT NOT NULL,
    number             INTEGER,
    basket             BLOB,
    external_reference TEXT,
    at_ms              INTEGER NOT NULL,
    previous_hash      BLOB NOT NULL,
    hash               BLOB NOT NULL,
    body               TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX journal_by_number ON journal (number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX journal_by_basket ON journal (basket) WHERE basket IS NOT NULL;
CREATE UNIQUE INDEX journal_by_reference ON journal (external_reference) WHERE external_reference IS NOT NULL;

CREATE TRIGGER journal_is_never_changed BEFORE UPDATE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_never_shortened BEFORE DELETE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

-- ---------------------------------------------------------------- projections: all can be rebuilt from the journal

CREATE TABLE ledger_entry (
    seq      INTEGER NOT NULL REFERENCES journal (seq),
    position INTEGER NOT NULL,
    account  TEXT NOT NULL,
    debit    INTEGER NOT NULL,
    credit   INTEGER NOT NULL,
    PRIMARY KEY (seq, position)
) WITHOUT ROWID, STRICT;

CREATE TABLE account (
    path   TEXT PRIMARY KEY,
    debit  INTEGER NOT NULL,
    credit INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- Units by their symbol; pieces have none.
CREATE TABLE stock_movement (
    seq      INTEGER NOT NULL REFERENCES journal (seq),
    position INTEGER NOT NULL,
    item     TEXT NOT NULL,
    quantity TEXT NOT NULL,
    unit     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (seq, position)
) WITHOUT ROWID, STRICT;

CREATE TABLE stock_level (
    item     TEXT NOT NULL,
    unit     TEXT NOT NULL,
    quantity TEXT NOT NULL,
    PRIMARY KEY (item, unit)
) WITHOUT ROWID, STRICT;

CREATE TABLE shift (
    shift                 INTEGER PRIMARY KEY,
    business_date         TEXT NOT NULL,
    opened_at_ms          INTEGER NOT NULL,
    opened_offset_seconds INTEGER NOT NULL,
    float_amount          INTEGER NOT NULL,
    closed_seq            INTEGER REFERENCES journal (seq),
    sales                 INTEGER NOT NULL DEFAULT 0,
    cancelled             INTEGER NOT NULL DEFAULT 0,
    lines                 INTEGER NOT NULL DEFAULT 0,
    voided_lines          INTEGER NOT NULL DEFAULT 0,
    gross                 INTEGER NOT NULL DEFAULT 0,
    discount              INTEGER NOT NULL DEFAULT 0,
    tax                   INTEGER NOT NULL DEFAULT 0,
    total                 INTEGER NOT NULL DEFAULT 0,
    tendered              INTEGER NOT NULL DEFAULT 0,
    change                INTEGER NOT NULL DEFAULT 0,
    rounding              INTEGER NOT NULL DEFAULT 0,
    first_number          INTEGER,
    last_number           INTEGER
) STRICT;
-- A register has one open shift at most.
CREATE UNIQUE INDEX shift_open ON shift (closed_seq IS NULL) WHERE closed_seq IS NULL;

-- Sums by name: kind is tender, department or tax; only taxes have a base. One table, so that a sale touches one page.
CREATE TABLE shift_sum (
    shift  INTEGER NOT NULL REFERENCES shift (shift),
    kind   TEXT NOT NULL,
    name   TEXT NOT NULL,
    base   INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (shift, kind, name)
) WITHOUT ROWID, STRICT;

CREATE TABLE receipt_copy (
    number INTEGER PRIMARY KEY,
    count  INTEGER NOT NULL
) STRICT;
