//! What the reference refuses, and why.

/// Why a case has no answer here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A key that no one has defined, at a path like `lines[0]`.
    #[error("Unknown key {key} in {place}. Check its spelling")]
    UnknownKey {
        /// Where.
        place: String,
        /// Which.
        key: String,
    },
    /// A key without which there is nothing to compute.
    #[error("{place} needs the key {key}")]
    MissingKey {
        /// Where.
        place: String,
        /// Which.
        key: String,
    },
    /// A value of the wrong kind or outside its range.
    #[error("{place} must be {wanted}")]
    Wrong {
        /// Where.
        place: String,
        /// What would be right.
        wanted: String,
    },
    /// Valid, but this reference does not compute it.
    #[error("The reference does not compute {what}")]
    Unsupported {
        /// What.
        what: String,
    },
    /// One tax code with two definitions in a basket.
    #[error("Tax code {code} is defined in two ways. Give each definition a code of its own")]
    TwoDefinitions {
        /// The code.
        code: String,
    },
    /// Rates of a batch that add up to -100 % (included) or 100 % (added division).
    #[error("The rates around tax {code} leave nothing to divide by")]
    DivisionByZero {
        /// The tax.
        code: String,
    },
    /// Brute force has its bounds.
    #[error("The basket has more than {limit} {what}; brute force is for small ones")]
    TooLarge {
        /// What there is too much of.
        what: String,
        /// How much is allowed.
        limit: usize,
    },
    /// An amount, but nothing to share it on.
    #[error("There is no weight to share an amount on")]
    NothingToShareOn,
    /// More returned than was sold.
    #[error("Line {line}: {asked} asked, {left} left to return")]
    ReturnExceedsSold {
        /// The line.
        line: String,
        /// How much was asked for.
        asked: String,
        /// How much can still be returned.
        left: String,
    },
}

impl Refusal {
    /// A value of the wrong kind.
    pub(crate) fn wrong(place: impl Into<String>, wanted: impl Into<String>) -> Self {
        Self::Wrong { place: place.into(), wanted: wanted.into() }
    }

    /// Something valid that is not computed here.
    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }
}
