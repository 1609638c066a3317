-- Entries and movements stand in the records of the journal. Their rows beside it were read only for what the sums did not have
-- yet, which the writer knows; each sale paid for them.

DROP TABLE ledger_entry;
DROP TABLE stock_movement;
