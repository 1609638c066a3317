//! Offers against each other.
