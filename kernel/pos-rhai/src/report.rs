//! What is wrong with a script, said to its owner: problem, place, consequence, action.
//!
//! ```text
//!   4 |     basket.items.taged("draught").percent_off(20)
//!     |                  ^^^^^ items have no word "taged". Did you mean "tagged"?
//! ```

use crate::facade::TOO_MANY_OFFERS;
use crate::language::shown;
use crate::limits::Stop;
use crate::suggest::nearest;
use crate::words::{Kind, kind_of_type, names};
use pos_api::diagnostic::Diagnostic;
use pos_api::port::FailureKind;
use rhai::{EvalAltResult, LexError, ParseError, ParseErrorType, Position};
use std::sync::Arc;

/// A script's text, and what its owner calls it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The rule's name: `Happy hour`.
    pub(crate) rule: Arc<str>,
    /// The file: `scripts/happy_hour.rhai`.
    pub(crate) file: String,
    /// The text.
    pub(crate) text: Arc<str>,
}

/// Something wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) at: Position,
    pub(crate) text: String,
    pub(crate) kind: FailureKind,
}

impl Problem {
    pub(crate) fn new(at: Position, text: impl Into<String>) -> Problem {
        Problem { at, text: text.into(), kind: FailureKind::Trap }
    }
}

/// When the problem was found, which decides what happens now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The file was read.
    Loading,
    /// A basket was being priced.
    Selling,
}

/// The diagnostic of a problem.
pub(crate) fn diagnostic(source: &Source, problem: &Problem, moment: Moment) -> Box<Diagnostic> {
    let line = problem.at.line().unwrap_or(0);
    let column = problem.at.position().unwrap_or(usize::from(line > 0));
    let source_text = line.checked_sub(1).and_then(|index| source.text.lines().nth(index)).unwrap_or("").trim_end();
    let rest: Vec<char> = source_text.chars().skip(column.saturating_sub(1)).collect();
    let word = rest.iter().take_while(|letter| letter.is_alphanumeric() || **letter == '_').count();
    let place = if line > 0 { format!("fix line {line} and save") } else { "fix the file and save".to_owned() };
    Box::new(Diagnostic {
        rule: source.rule.to_string(),
        file: source.file.clone(),
        line: number(line),
        column: number(column),
        length: number(word.max(1)),
        source_text: source_text.to_owned(),
        problem: problem.text.clone(),
        consequence: match moment {
            Moment::Loading => {
                "sales go on with the last version of this rule that worked; without the rule, if there is none."
                    .to_owned()
            }
            Moment::Selling => {
                format!("sales go on without this offer; cashiers see \"{} unavailable\".", source.rule)
            }
        },
        action: format!("{place}; the file is checked again at once."),
    })
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// "Did you mean", if one of the names is near.
pub(crate) fn did_you_mean<'a>(misspelt: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(misspelt, known).map(|name| format!(" Did you mean \"{name}\"?")).unwrap_or_default()
}

/// A word that a kind does not have.
pub(crate) fn unknown_word(kind: Kind, name: &str) -> String {
    format!("{} no word \"{name}\".{}", kind.has(), did_you_mean(name, names(kind)))
}

/// A function that is neither the script's own nor ours.
pub(crate) fn unknown_function<'a>(name: &str, own: impl Iterator<Item = &'a str>) -> String {
    if names(Kind::Unknown).any(|known| known == name) {
        return format!("\"{name}\" belongs after a dot, like basket.items.{name}(…)");
    }
    match name {
        "sleep" => return "rules cannot wait".to_owned(),
        "timestamp" | "now" | "time" => return "the time of the sale is basket.now, like basket.now.hour".to_owned(),
        "rand" | "random" => return "rules cannot throw dice: the same basket always costs the same".to_owned(),
        _ => {}
    }
    format!(
        "there is no function \"{name}\".{}",
        did_you_mean(name, own.chain(names(Kind::Function).map(|ours| -> &'a str { ours })))
    )
}

/// What the parser did not understand.
pub(crate) fn explain_parsing(error: &ParseError, text: &str) -> Problem {
    let said = match &*error.0 {
        ParseErrorType::VariableUndefined(name) => {
            format!("\"{name}\" is not known here.{}", did_you_mean(name, declared(text).into_iter()))
        }
        ParseErrorType::Reserved(word) => switched_off(word),
        ParseErrorType::BadInput(LexError::ImproperSymbol(word, _)) => switched_off(word),
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            "a closing quote \" is missing on this line".to_owned()
        }
        ParseErrorType::BadInput(LexError::MalformedNumber(number)) => {
            format!("\"{number}\" is not a number; write it like 12.50")
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(input)) if input == "|" => {
            "functions cannot be stored in variables; write fn name(x) { … } below this function".to_owned()
        }
        ParseErrorType::UnexpectedEOF => "the script ends too early; perhaps a } is missing".to_owned(),
        ParseErrorType::MissingToken(token, _) if token == ";" => "a ; is missing before this".to_owned(),
        ParseErrorType::MissingToken(token, _) => format!("a \"{token}\" is missing here"),
        ParseErrorType::ExprTooDeep => {
            "too many brackets or blocks within each other; use let to name the parts".to_owned()
        }
        ParseErrorType::TooManyFunctions => "too many functions in one file".to_owned(),
        ParseErrorType::LiteralTooLarge(..) => {
            "this is too long; a text may have 4,096 letters, a list 10,000 elements".to_owned()
        }
        ParseErrorType::WrongFnDefinition => "a function cannot stand inside another; is a } missing above?".to_owned(),
        ParseErrorType::AssignmentToConstant(name) => {
            format!("\"{name}\" is a const and keeps its value; declare it with let")
        }
        other => lower_first(&other.to_string()),
    };
    Problem::new(error.1, said)
}

fn switched_off(word: &str) -> String {
    match word {
        "import" | "export" => "rules cannot import files; put everything into this one".to_owned(),
        "=" => "a single = stores a value; to compare, write ==".to_owned(),
        _ => format!("\"{word}\" cannot be used in rules"),
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Names that the text declares, for suggestions: what follows `let`, `const`, `for`, and the parameters.
fn declared(text: &str) -> Vec<&str> {
    let mut names = vec!["basket"];
    let mut words =
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        if matches!(word, "let" | "const" | "for") {
            names.extend(words.next());
        }
    }
    names
}

/// What went wrong in a run. `at`: where the innermost error with a place is.
pub(crate) fn explain_running(error: &EvalAltResult) -> Problem {
    let mut innermost = error;
    let mut at = error.position();
    while let EvalAltResult::ErrorInFunctionCall(_, _, inner, _) | EvalAltResult::ErrorInModule(_, inner, _) = innermost
    {
        innermost = inner;
        if !innermost.position().is_none() {
            at = innermost.position();
        }
    }
    let (text, kind) = explain(innermost);
    Problem { at, text, kind }
}

fn explain(error: &EvalAltResult) -> (String, FailureKind) {
    use EvalAltResult as E;
    let said = match error {
        E::ErrorTerminated(token, _) if token.clone().try_cast::<Stop>() == Some(Stop::Deadline) => {
            return ("the rule took longer than 100 ms and was stopped".to_owned(), FailureKind::Deadline);
        }
        E::ErrorTerminated(..) | E::ErrorTooManyOperations(_) => {
            let said = "the rule did not come to an end: it was stopped here after too many steps. Is there a loop that never stops?";
            return (said.to_owned(), FailureKind::OutOfFuel);
        }
        E::ErrorDataTooLarge(..) => {
            let said =
                "a text or list grew too large; a text may have 4,096 letters, a list 10,000 elements, a map 1,000";
            return (said.to_owned(), FailureKind::OutOfMemory);
        }
        E::ErrorTooManyVariables(_) => return ("too many variables at once".to_owned(), FailureKind::OutOfMemory),
        E::ErrorStackOverflow(_) => {
            let said = "functions call each other too deeply; does one call itself without end?";
            return (said.to_owned(), FailureKind::OutOfMemory);
        }
        E::ErrorRuntime(message, _) => {
            let said = shown(message);
            let kind = if said == TOO_MANY_OFFERS { FailureKind::InvalidOutput } else { FailureKind::Trap };
            return (if said.is_empty() { "the rule gave up with throw".to_owned() } else { said.to_string() }, kind);
        }
        E::ErrorFunctionNotFound(signature, _) => unknown_signature(signature),
        E::ErrorDotExpr(message, _) => unknown_property(message),
        E::ErrorVariableNotFound(name, _) => format!("\"{name}\" is not known here"),
        E::ErrorPropertyNotFound(name, _) => format!("the map has no entry \"{name}\""),
        E::ErrorFor(_) => {
            "for goes through basket.items, a list, or a range like 0..10; this is none of them".to_owned()
        }
        E::ErrorMismatchDataType(wanted, found, _) => {
            format!("this should be {}, not {}", type_in_words(wanted), type_in_words(found))
        }
        E::ErrorIndexingType(found, _) => {
            format!("{} cannot be looked into with [ ]", type_in_words(found.split(" [").next().unwrap_or(found)))
        }
        E::ErrorAssignmentToConstant(name, _) => {
            format!("\"{name}\" is a const and keeps its value; declare it with let")
        }
        other => {
            let mut bare = lower_first(&other.to_string());
            // The interpreter appends the place, which is drawn already.
            if let Some(place) = bare.rfind(" (line ") {
                bare.truncate(place);
            }
            bare
        }
    };
    (said, FailureKind::Trap)
}

fn type_in_words(name: &str) -> &str {
    match kind_of_type(name) {
        Kind::Number => "a number",
        Kind::Text => "text",
        Kind::Flag => "true or false",
        Kind::List => "a list",
        Kind::Map => "a map",
        Kind::Nothing => "nothing",
        _ => name.rsplit("::").next().unwrap_or(name),
    }
}

/// `taged (items, string)`: a word that its first argument does not have, or an operator between things that it does
/// not join.
fn unknown_signature(signature: &str) -> String {
    let (name, arguments) = signature.split_once(" (").unwrap_or((signature, ""));
    let arguments = arguments.trim_end_matches(')');
    let kinds: Vec<&str> = arguments.split(", ").filter(|argument| !argument.is_empty()).collect();
    if !name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') {
        let words: Vec<&str> = kinds.iter().map(|kind| type_in_words(kind)).collect();
        return format!("{name} cannot be used between {}", words.join(" and "));
    }
    let kind = kinds.first().map_or(Kind::Function, |kind| kind_of_type(kind));
    if names(kind).any(|known| known == name) {
        let given: Vec<&str> = kinds.iter().skip(1).map(|kind| type_in_words(kind)).collect();
        let given = if given.is_empty() { "nothing".to_owned() } else { given.join(", ") };
        return format!("\"{name}\" cannot be used with {given} in parentheses");
    }
    unknown_word(kind, name)
}

/// `Unknown property 'itms' - a getter is not registered for type 'basket'`.
fn unknown_property(message: &str) -> String {
    let quoted: Vec<&str> = message.split('\'').skip(1).step_by(2).collect();
    match quoted[..] {
        [name, of, ..] => unknown_word(kind_of_type(of), name),
        _ => lower_first(message),
    }
}
