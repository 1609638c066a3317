//! Checks an exported journal on its own: for auditors, tax inspectors and whoever trusts nobody.
//!
//! Why: a till that checks its own books proves little. This program reads the file that `pos journal export` writes, shares
//! no code with what wrote it, and depends on nothing of the register: a hash, a signature, and sums.
//!
//! ```
//! let journal = b"{\"seq\":1,\"kind\":\"sale\" ...".as_slice();
//! let report = pos_verify::verify(journal, &pos_verify::Trust::default()).unwrap();
//! assert!(!report.is_verified());
//! assert_eq!(report.problems[0].line, 1);
//! ```
//!
//! # The file
//!
//! A line for each record, oldest first, then a last line that says where it ends; every line ends with `\n`:
//!
//! ```text
//! {"seq":1,"kind":"shift-opened","number":null,"hash":"HEX","previous":"HEX","body":{…}}
//! {"seq":2,"kind":"sale","number":1,"hash":"HEX","previous":"HEX","body":{…}}
//! {"end":{"records":2,"head":"HEX"}}
//! ```
//!
//! A line has exactly this form, byte for byte: no spaces, keys in this order, lower-case hexadecimal digits. Then a change
//! of any byte is a change that is found.
//!
//! # What holds
//!
//! - `hash` is SHA-256 of `"pos-journal-record-v1\0"`, the 32 bytes of `previous`, and the bytes of `body`; `previous` is the
//!   hash of the record before, of the first one 32 zero bytes. Records count from 1, receipts too, both without a gap.
//! - The body says what the line around it says. All records are of one store, register and currency.
//! - In every record debits equal credits for each unit; the lines, the total, its tax, and tenders less change agree.
//! - An anchor signs the record before it with the register's key; all anchors of a journal have one key. One follows each
//!   closing of a shift, and the closings of periods that were made together.
//!
//! A journal that somebody wrote anew from the beginning fulfils all of this. It is found out by what was taken out of the
//! shop before: the register's key ([`Trust::key`]), or an anchor, as printed on a closing (`1042:7be3…`) or as delivered
//! ([`Trust::anchors`]).
//!
//! Start reading at [`verify`]; `record` reads a line, `sums` its figures, `anchor` signatures, `chain` holds records
//! against each other.

mod anchor;
mod chain;
mod record;
mod report;
mod sums;
#[cfg(test)]
mod tests;

pub use anchor::{Anchor, Trust, Unreadable};
pub use chain::verify;
pub use report::{Problem, Report};

/// A link of the chain.
pub type Hash = [u8; 32];

/// What the first record continues.
pub const GENESIS: Hash = [0; 32];
