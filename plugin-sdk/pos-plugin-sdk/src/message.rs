//! Words for people, and the errors a hook may answer with.

use crate::basket::{Attr, AttrValue, LineId};
use crate::bindings::pos::plugin::types as wire;

/// A text for people, with a key and arguments for translation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Translation key; empty if there is none.
    pub key: String,
    /// The text itself.
    pub text: String,
    /// Arguments of the translation.
    pub args: Vec<Attr>,
}

impl Message {
    /// A plain text without a translation key.
    pub fn text(text: impl Into<String>) -> Message {
        Message { key: String::new(), text: text.into(), args: Vec::new() }
    }

    pub(crate) fn into_wire(self) -> Result<wire::Message, HookError> {
        let Message { key, text, args } = self;
        Ok(wire::Message { key, text, args: Attr::list_into_wire(args)? })
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Message {
        Message::text(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Message {
        Message::text(text)
    }
}

impl From<&String> for Message {
    fn from(text: &String) -> Message {
        Message::text(text)
    }
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Shown.
    Info,
    /// Shown until acknowledged.
    Warning,
    /// The step waits.
    Block,
}

/// A word to the cashier.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// How much it matters.
    pub severity: Severity,
    /// What it says.
    pub message: Message,
    /// The lines it is about; none: the basket.
    pub lines: Vec<LineId>,
}

impl Notice {
    pub(crate) fn into_wire(self) -> Result<wire::Notice, HookError> {
        let Notice { severity, message, lines } = self;
        let severity = match severity {
            Severity::Info => wire::Severity::Info,
            Severity::Warning => wire::Severity::Warning,
            Severity::Block => wire::Severity::Block,
        };
        Ok(wire::Notice { severity, message: message.into_wire()?, lines })
    }
}

/// A failure the plugin expected. A panic is not one of these: it traps, counts against the plugin, and the hook's
/// failure policy decides.
#[derive(Clone, Debug, PartialEq)]
pub enum HookError {
    /// The input makes no sense to the plugin.
    InvalidInput(Message),
    /// The configuration does not.
    InvalidConfiguration(Message),
    /// A business "no", shown to the cashier.
    Refused(Message),
}

impl HookError {
    /// The input makes no sense to the plugin.
    pub fn invalid_input(text: impl Into<Message>) -> HookError {
        HookError::InvalidInput(text.into())
    }

    /// The configuration does not.
    pub fn invalid_configuration(text: impl Into<Message>) -> HookError {
        HookError::InvalidConfiguration(text.into())
    }

    /// A business "no", shown to the cashier.
    pub fn refused(text: impl Into<Message>) -> HookError {
        HookError::Refused(text.into())
    }

    /// What it says.
    pub fn text(&self) -> &str {
        match self {
            HookError::InvalidInput(message)
            | HookError::InvalidConfiguration(message)
            | HookError::Refused(message) => &message.text,
        }
    }

    pub(crate) fn into_wire(self) -> wire::HookError {
        // An argument that does not fit on the wire must not swallow the error it explains: it goes as text.
        let lower = |message: Message| {
            let Message { key, text, args } = message;
            let args =
                args.into_iter().map(|arg| arg.clone().into_wire().unwrap_or_else(|_| arg.spelled_out())).collect();
            wire::Message { key, text, args }
        };
        match self {
            HookError::InvalidInput(message) => wire::HookError::InvalidInput(lower(message)),
            HookError::InvalidConfiguration(message) => wire::HookError::InvalidConfig(lower(message)),
            HookError::Refused(message) => wire::HookError::Refused(lower(message)),
        }
    }
}

impl Attr {
    fn spelled_out(self) -> wire::Attr {
        let text = match self.value {
            AttrValue::Text(text) => text,
            AttrValue::Integer(integer) => integer.to_string(),
            AttrValue::Number(number) => number.to_string(),
            AttrValue::Flag(flag) => flag.to_string(),
            AttrValue::Texts(texts) => texts.join(", "),
        };
        wire::Attr { key: self.key, value: wire::AttrValue::Text(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pos_money::Decimal;

    #[test]
    fn an_argument_that_does_not_fit_is_spelled_out() {
        let third = Attr { key: "share".into(), value: AttrValue::Number(Decimal::new(333_333_333_333, 12)) };
        let message = Message { args: vec![third], ..Message::text("too precise") };
        assert!(message.clone().into_wire().is_err());
        let wire::HookError::Refused(message) = HookError::refused(message).into_wire() else { panic!("not refused") };
        assert!(matches!(&message.args[0].value, wire::AttrValue::Text(text) if text == "0.333333333333"));
    }
}
