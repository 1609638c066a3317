//! Faults built in on purpose, which a laboratory must find. Without the feature `lab` there are none to choose from.

/// What is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// `synchronous = NORMAL`: a commit is told before it is on the disk.
    #[cfg(feature = "lab")]
    NormalSync,
    /// A commit is told before it is made.
    #[cfg(feature = "lab")]
    ReceiptFirst,
    /// A receipt's number is taken in a commit before that of its transaction.
    #[cfg(feature = "lab")]
    NumberOutside,
}

impl Sabotage {
    /// All of them.
    #[cfg(feature = "lab")]
    pub const ALL: [Sabotage; 3] = [Sabotage::NormalSync, Sabotage::ReceiptFirst, Sabotage::NumberOutside];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "lab")]
            Sabotage::NormalSync => "normal-sync",
            #[cfg(feature = "lab")]
            Sabotage::ReceiptFirst => "receipt-first",
            #[cfg(feature = "lab")]
            Sabotage::NumberOutside => "number-outside",
        }
    }
}
