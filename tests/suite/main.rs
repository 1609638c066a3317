//! The one test binary: scenarios, black box, kills, plugins on board, architecture, tidiness.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

mod amounts;
mod architecture;
mod black_box;
mod cuts;
mod deposits;
mod emergency;
mod failing_rules;
mod first_party;
mod hot_reload;
mod journal;
mod kills;
mod outbox;
mod payments;
mod replay;
mod restart;
mod returns;
mod rights;
mod salvage;
mod scenario;
mod sim;
mod tidy;
mod till;
mod whole_day;
