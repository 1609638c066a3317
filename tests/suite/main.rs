//! The one test binary: scenarios, black box, kills, architecture, tidiness.

mod architecture;
mod black_box;
mod hot_reload;
mod kills;
mod replay;
mod scenario;
mod tidy;
