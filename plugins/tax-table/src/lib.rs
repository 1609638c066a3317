//! Tax rates by tax class and date, configured by JSON.
