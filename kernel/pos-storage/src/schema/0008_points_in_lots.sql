-- Points are kept in lots, the ones that end soonest spent first. What was earned before has no lot (0), and never ends.

CREATE TABLE points_lot (
    account TEXT NOT NULL,
    lot     INTEGER NOT NULL,
    until   TEXT NOT NULL,
    since   TEXT NOT NULL,
    points  INTEGER NOT NULL,
    PRIMARY KEY (account, lot, until)
) WITHOUT ROWID, STRICT;

INSERT INTO points_lot (account, lot, until, since, points)
    SELECT account, 0, '', '', sum(credit - debit) FROM ledger_entry
    WHERE unit <> '' AND instr(account, ':customer:') > 0
    GROUP BY account HAVING sum(credit - debit) <> 0;
