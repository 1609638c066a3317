//! SQLite: the journal, its projections, the catalogue, open baskets.
