-- Pages have sums (pages.rs).
SELECT 1;
