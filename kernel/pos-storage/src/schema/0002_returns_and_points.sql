-- Units beside the shop's money (points), what came back of which sale, and what was used of offers with limits.

ALTER TABLE ledger_entry ADD COLUMN unit TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN unit TEXT NOT NULL DEFAULT '';
-- Points of a customer that were credited of late wait before they can be spent.
CREATE INDEX ledger_entry_of_points ON ledger_entry (account, seq) WHERE unit <> '';

-- A projection: receipts by the sale they took something back of.
CREATE TABLE return_of (
    sale   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (sale, number)
) WITHOUT ROWID, STRICT;

ALTER TABLE shift ADD COLUMN returns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shift ADD COLUMN unreceipted INTEGER NOT NULL DEFAULT 0;

-- A projection: sets and money used of offers with limits, by customer; nobody known is the empty text.
CREATE TABLE offer_use (
    offer    TEXT NOT NULL,
    customer TEXT NOT NULL,
    uses     INTEGER NOT NULL,
    spent    INTEGER NOT NULL,
    PRIMARY KEY (offer, customer)
) WITHOUT ROWID, STRICT;
