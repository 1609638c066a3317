//! The register as a cashier meets it: by role and label, without a display and without a kernel.

mod basket;
mod layout;
mod paying;
mod scanning;
mod till;
