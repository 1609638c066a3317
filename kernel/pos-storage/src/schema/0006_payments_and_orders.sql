-- Payments that were followed after their basket was closed, as they stand; orders of customers. Derived from the journal.

CREATE TABLE payment (
    payment TEXT PRIMARY KEY,
    open    INTEGER NOT NULL,
    body    TEXT NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX payment_open ON payment (payment) WHERE open = 1;

-- Orders of customers, and the transactions that name them.
CREATE TABLE customer_order (
    number INTEGER PRIMARY KEY,
    open   INTEGER NOT NULL
) STRICT;
CREATE INDEX customer_order_open ON customer_order (number) WHERE open = 1;

CREATE TABLE order_of (
    customer_order INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    PRIMARY KEY (customer_order, number)
) WITHOUT ROWID, STRICT;
