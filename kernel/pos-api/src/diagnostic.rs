//! What is wrong with a rule: problem, place, consequence, action.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A problem in a script, a manifest or a configuration, said to its owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
pub struct Diagnostic {
    /// The rule's name: `Happy hour`.
    pub rule: String,
    /// File as its owner knows it: `scripts/happy_hour.rhai`.
    pub file: String,
    /// Line from 1; 0 where there is none.
    pub line: u32,
    /// Column from 1; 0 where there is none.
    pub column: u32,
    /// Characters the caret underlines; at least 1 is drawn.
    pub length: u32,
    /// That line's text.
    pub source_text: String,
    /// What is wrong, and "Did you mean".
    pub problem: String,
    /// What happens now.
    pub consequence: String,
    /// What to do.
    pub action: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Rule \"{}\" was not loaded: 1 problem              {}", self.rule, self.file)?;
        if self.line > 0 {
            let gutter = format!("{:>3} | ", self.line);
            writeln!(f, "{gutter}{}", self.source_text)?;
            let column = self.column.max(1) as usize;
            let caret = "^".repeat(self.length.max(1) as usize);
            let blank = " ".repeat(gutter.len() - 2);
            writeln!(f, "{blank}| {}{caret} {}", " ".repeat(column - 1), self.problem)?;
        } else {
            writeln!(f, "  {}", self.problem)?;
        }
        if !self.consequence.is_empty() {
            writeln!(f, "  What happens now: {}", self.consequence)?;
        }
        if !self.action.is_empty() {
            writeln!(f, "  What to do: {}", self.action)?;
        }
        Ok(())
    }
}
