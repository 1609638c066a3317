//! What the cashier wants, independent of whether a key, a finger or a scanner said it.

use pos_api::view::ItemView;
use pos_money::Decimal;

/// An article chosen by key or from a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// A code that sells it.
    pub code: String,
    /// Its name, shown until the kernel answers.
    pub label: String,
    /// Sold by measure: needs a weight.
    pub measured: bool,
}

impl From<&ItemView> for Pick {
    fn from(item: &ItemView) -> Pick {
        Pick { code: item.code.clone(), label: item.name.clone(), measured: item.measured }
    }
}

/// One thing the cashier wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// A code was scanned.
    Scan(String),
    /// A character for the entry.
    Type(char),
    /// The last character back.
    Backspace,
    /// The entry was edited as a text field.
    SetEntry(String),
    /// Enter.
    Confirm,
    /// Escape: closes what is open, then clears the entry; never loses a basket.
    Back,
    /// An article was tapped.
    Pick(Pick),
    /// A line was tapped.
    SelectLine(u32),
    /// One line (or search result) up or down.
    Move(Direction),
    /// One more of the selected line.
    More,
    /// One less of the selected line.
    Less,
    /// So many of the selected line.
    SetQuantity(Decimal),
    /// Takes the selected line back.
    Void,
    /// Takes the last step back.
    Undo,
    /// Cash: the typed amount, or exactly what is due.
    Cash,
    /// Card: the typed part, or what is due.
    Card,
    /// Ask the terminal again what became of the payment.
    AskTerminal,
    /// Wait for the payment no longer: give back what it took.
    GiveUpPayment,
    /// Go on without knowing whether the card was charged.
    LeavePayment,
    /// Cash: a round amount.
    QuickCash(Decimal),
    /// Cash: the n-th round amount, from 0.
    QuickCashAt(usize),
    /// Gives the money taken back.
    TakeBackTender,
    /// Asks whether the basket should be cancelled.
    AskCancel,
    /// No.
    KeepBasket,
    /// Yes.
    CancelBasket,
    /// Opens or closes "Why this price" of the selected line.
    ToggleWhy,
    /// The next code is looked up, not sold.
    PriceCheck,
    /// Prints the last receipt again.
    Reprint,
    /// Shows the shift's figures.
    Report,
    /// Shows or hides the keys.
    ToggleKeys,
    /// Closes the open panel.
    ClosePanel,
    /// A message was tapped.
    DismissToast(u64),
    /// Somebody else comes to the register.
    SwitchUser,
    /// A name was tapped, by id.
    ChoosePerson(String),
    /// Somebody wants to close the window.
    Close,
}

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards the first line.
    Up,
    /// Towards the last.
    Down,
}
