-- Shifts are closed: cash moves without a sale, tills are counted, what no receipt belongs to is found by its kind.

ALTER TABLE shift ADD COLUMN no_sales INTEGER NOT NULL DEFAULT 0;

CREATE INDEX journal_without_receipt ON journal (kind, seq) WHERE number IS NULL;
CREATE INDEX journal_till_counts ON journal (seq) WHERE kind = 'till-count';
