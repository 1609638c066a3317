-- Balances, stock levels and totals of shifts follow the journal: they stand up to this record.

INSERT INTO meta (key, value) SELECT 'sums_seq', coalesce(max(seq), 0) FROM journal;
