//! What `pos plugin new` hands to an author compiles, is formatted, and passes the tests that come with it.

#[path = "../../template/promotion/src/lib.rs"]
mod promotion;
#[path = "../../template/tax/src/lib.rs"]
mod tax;
