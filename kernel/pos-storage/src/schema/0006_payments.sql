-- Payments that were followed after their basket was closed, as they stand. Derived from the journal.

CREATE TABLE payment (
    payment TEXT PRIMARY KEY,
    open    INTEGER NOT NULL,
    body    TEXT NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX payment_open ON payment (payment) WHERE open = 1;
