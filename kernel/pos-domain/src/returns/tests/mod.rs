//! Returns against real records, random splits and the independent reference.

mod any_split;
mod cash;
mod exact;
mod policies;
mod reference;
mod support;
mod without_receipt;
