//! The words on the way: known or not, with their values, and the stage of the offers they make.

use super::{Checker, Here};
use crate::report::{unknown_function, unknown_word};
use crate::words::{Form, Kind, WORDS, find};
use pos_domain::pricing::proposal::Stage;
use rhai::{Expr, FnCallExpr, OP_CONTAINS, Position};

impl Checker {
    /// `name(…)` without a dot: an operator, a function of the script, or one of ours.
    pub(super) fn call(&mut self, here: Here<'_>, call: &FnCallExpr, at: Position) -> Kind {
        let kinds: Vec<Kind> = call.args.iter().map(|argument| self.expression(here, argument)).collect();
        // `x in list` is a call of contains.
        if call.name == OP_CONTAINS && call.args.len() == 2 {
            return Kind::Flag;
        }
        if call.is_operator_call() {
            return self.operator(&call.name, &kinds, at);
        }
        if self.functions.contains(call.name.as_str()) {
            self.calls_own(here, &call.name, at);
            return Kind::Unknown;
        }
        match find(Kind::Function, &call.name) {
            Some(word) => {
                self.count_values(word.name, word.form, kinds.len(), at, word.example);
                word.gives
            }
            None => {
                let own: Vec<String> = self.functions.iter().cloned().collect();
                self.problem(at, unknown_function(&call.name, own.iter().map(String::as_str)));
                Kind::Unknown
            }
        }
    }

    fn operator(&mut self, name: &str, kinds: &[Kind], at: Position) -> Kind {
        let compares = matches!(name, "==" | "!=" | "<" | ">" | "<=" | ">=");
        let counts = matches!(name, "+" | "-" | "*" | "/" | "%");
        if compares || counts {
            for kind in kinds {
                let instead = match kind {
                    Kind::Items => ". Did you mean its \".count\" or \".total\"?",
                    Kind::Order | Kind::Basket => ". Did you mean its \".total\"?",
                    Kind::Item => ". Did you mean its \".quantity\", \".price\" or \".net\"?",
                    Kind::Groups | Kind::Cheapest | Kind::Chosen | Kind::Offer | Kind::Now | Kind::Customer => "",
                    _ => continue,
                };
                let what = kind.has().rsplit_once(' ').map_or("this", |(what, _)| what);
                self.problem(at, format!("{what} cannot be used with {name}{instead}"));
            }
        }
        match name {
            _ if compares => Kind::Flag,
            "!" | "in" | "!in" => Kind::Flag,
            _ if counts && kinds.iter().all(|kind| *kind == Kind::Number) => Kind::Number,
            "+" if kinds.contains(&Kind::Text) => Kind::Text,
            _ => Kind::Unknown,
        }
    }

    /// A word after a dot, with the values in its parentheses, or none for a fact.
    pub(super) fn word(&mut self, here: Here<'_>, of: Kind, name: &str, at: Position, values: Option<&[Expr]>) -> Kind {
        for value in values.unwrap_or_default() {
            self.expression(here, value);
        }
        if values.is_some() && self.functions.contains(name) {
            self.calls_own(here, name, at);
            return Kind::Unknown;
        }
        let Some(word) = find(of, name) else {
            // Entries of a map have the names its owner gave them.
            let may_be_entry = of == Kind::Map || (of == Kind::Unknown && self.has_maps);
            if !(may_be_entry && values.is_none()) {
                self.problem(at, unknown_word(of, name));
            }
            return Kind::Unknown;
        };
        match values {
            // Of an unknown kind only the name is known, so its values are not counted.
            Some(_) if of == Kind::Unknown => {}
            Some(values) => self.count_values(name, word.form, values.len(), at, word.example),
            None if word.form != Form::Fact && of != Kind::Unknown => {
                self.problem(at, format!("\"{name}\" wants parentheses, like {}", word.example));
            }
            None => {}
        }
        self.findings.needs_room |= name == "push";
        self.findings.hints |= name == "hint";
        self.note_stage(of, name);
        if of == Kind::Unknown && WORDS.iter().any(|other| other.name == name && other.gives != word.gives) {
            return Kind::Unknown;
        }
        word.gives
    }

    fn count_values(&mut self, name: &str, form: Form, values: usize, at: Position, example: &str) {
        match form {
            Form::Fact => self.problem(at, format!("\"{name}\" is written without parentheses, like {example}")),
            Form::Verb { least, most } if values < least || values > most => {
                let wanted = match (least, most) {
                    (0, 0) => "no value".to_owned(),
                    (1, 1) => "1 value".to_owned(),
                    _ if least == most => format!("{least} values"),
                    _ => format!("{least} or {most} values"),
                };
                self.problem(at, format!("\"{name}\" wants {wanted} in its parentheses, like {example}"));
            }
            Form::Verb { .. } => {}
        }
    }

    /// The stage of the offer that a word makes.
    fn note_stage(&mut self, of: Kind, name: &str) {
        let makes_offer = |of: Kind| of != Kind::Offer && find(of, name).is_some_and(|word| word.gives == Kind::Offer);
        match of {
            Kind::Items | Kind::Item | Kind::Groups | Kind::Chosen if makes_offer(of) => {
                self.findings.stages.insert(Stage::Line);
            }
            Kind::Cheapest if makes_offer(of) => {
                self.findings.stages.insert(Stage::Shop);
            }
            Kind::Order if makes_offer(of) => {
                self.findings.stages.insert(Stage::Order);
            }
            Kind::Unknown if makes_offer(of) && find(Kind::Offer, name).is_none() => {
                self.findings.stages.extend(Stage::ALL);
            }
            _ => {}
        }
    }
}
