//! Reads a script's tree when it is loaded: unknown words in branches that no basket may reach for weeks, writes to the
//! basket, and which stages its offers can belong to.
//!
//! Kinds are followed as far as they show from the text: `basket.items.tagged(…)` is items, `for item in basket.items` an
//! item, a variable what was stored in it. Where that ends (a parameter, a map's entry) the kind is unknown and any
//! known word is taken, so a good script is never refused; the rehearsal and the limits catch the rest.

mod spoken;
mod tree;

use crate::report::Problem;
use crate::suggest::nearest;
use crate::words::Kind;
use pos_domain::pricing::proposal::Stage;
use rhai::{AST, ASTNode, Position, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// The tree may not be deeper than this: the parser bounds brackets, not chains.
const DEPTH_MAX: usize = 256;
/// Texts of the script that the rehearsal's baskets are made of.
const TEXTS_MAX: usize = 50;

/// Calls within calls that fit on any thread's stack: each may take 32 levels of brackets.
const CALLS_WITHOUT_ROOM: usize = 3;

/// What the tree shows.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// In the order of the text.
    pub(crate) problems: Vec<Problem>,
    /// Stages that its offers can belong to; sound, perhaps too many.
    pub(crate) stages: BTreeSet<Stage>,
    /// It gives hints in its own words.
    pub(crate) hints: bool,
    /// It may recurse: functions that call themselves or many others, lists, maps.
    pub(crate) needs_room: bool,
    /// Its texts.
    pub(crate) texts: BTreeSet<String>,
    /// Where it first may go on for ever: a loop, or a call of a function of its own.
    pub(crate) endless: Option<Position>,
}

/// Reads the whole tree.
pub(crate) fn check(ast: &AST) -> Findings {
    let mut functions: Vec<Function> = ast
        .iter_fn_def()
        .map(|function| Function {
            name: function.name.to_string(),
            parameters: function.params.iter().map(ToString::to_string).collect(),
            from: function.body.start_position(),
            to: function.body.end_position(),
            statements: Vec::new(),
        })
        .collect();
    let mut at_top = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let [ASTNode::Stmt(statement)] = path {
            let at = statement.position();
            let owner = functions.iter_mut().find(|function| function.from <= at && at <= function.to);
            match owner {
                Some(function) => function.statements.push((*statement).clone()),
                None if statement.is_noop() => {}
                None => at_top.push(at),
            }
        }
        true
    });
    let mut checker = Checker {
        findings: Findings::default(),
        calls: BTreeSet::new(),
        functions: functions.iter().map(|function| function.name.clone()).collect(),
        kinds: BTreeMap::new(),
        has_maps: false,
        reporting: false,
        depth: 0,
    };
    for at in at_top {
        let text = "only functions may stand here; move this into fn discount(basket) { … }";
        checker.findings.problems.push(Problem::new(at, text));
    }
    // Once to learn what every variable may hold, once more to report.
    for reporting in [false, true] {
        checker.reporting = reporting;
        checker.findings.stages.clear();
        for function in &functions {
            checker.function(function);
        }
    }
    let calls_deeply = calls_deeper_than(CALLS_WITHOUT_ROOM, "discount", &checker.calls);
    let mut findings = checker.findings;
    findings.needs_room |= calls_deeply;
    findings.problems.extend(entry_point(&functions));
    findings.problems.sort_by_key(|problem| problem.at);
    findings
}

/// Whether calls within calls, from this function on, can go deeper; they do where a function calls itself.
fn calls_deeper_than(depth: usize, function: &str, calls: &BTreeSet<(String, String)>) -> bool {
    let mut called = calls.iter().filter(|(caller, _)| caller == function);
    called.any(|(_, callee)| depth == 0 || calls_deeper_than(depth - 1, callee, calls))
}

/// The function that the kernel calls.
fn entry_point(functions: &[Function]) -> Option<Problem> {
    let discounts: Vec<&Function> = functions.iter().filter(|function| function.name == "discount").collect();
    if discounts.iter().any(|function| function.parameters.len() == 1) {
        return None;
    }
    let wanted = "a rule is a function fn discount(basket) { … }; that is what the register calls";
    let at = discounts.first().map_or(Position::NONE, |function| function.from);
    let similar = functions.iter().find(|function| nearest(&function.name, ["discount"].into_iter()).is_some());
    match (discounts.first(), similar) {
        (None, Some(other)) => Some(Problem::new(
            other.from,
            format!("{wanted}. Did you mean \"discount\" instead of \"{}\"?", other.name),
        )),
        (None, None) => Some(Problem::new(at, format!("{wanted}, and there is none in this file"))),
        (Some(_), _) => Some(Problem::new(at, format!("{wanted}, with the basket as its one parameter"))),
    }
}

struct Function {
    name: String,
    parameters: Vec<String>,
    from: Position,
    to: Position,
    statements: Vec<Stmt>,
}

struct Checker {
    findings: Findings,
    /// Which function calls which.
    calls: BTreeSet<(String, String)>,
    functions: BTreeSet<String>,
    /// What a variable may hold, by function and name.
    kinds: BTreeMap<(String, String), Kind>,
    has_maps: bool,
    reporting: bool,
    depth: usize,
}

/// The function being read, by name: variables belong to it.
#[derive(Clone, Copy)]
struct Here<'a>(&'a str);

impl Checker {
    fn function(&mut self, function: &Function) {
        let here = Here(&function.name);
        for (index, parameter) in function.parameters.iter().enumerate() {
            let is_basket = index == 0 && function.name == "discount";
            let kind = if is_basket { Kind::Basket } else { Kind::Unknown };
            self.store(here, parameter, kind);
        }
        self.statements(here, &function.statements);
    }

    fn problem(&mut self, at: Position, text: impl Into<String>) {
        if self.reporting {
            self.findings.problems.push(Problem::new(at, text));
        }
    }

    /// A call of one of the script's own functions.
    fn calls_own(&mut self, here: Here<'_>, callee: &str, at: Position) {
        self.calls.insert((here.0.to_owned(), callee.to_owned()));
        self.findings.endless.get_or_insert(at);
    }

    /// A variable that holds things of two kinds is of unknown kind.
    fn store(&mut self, here: Here<'_>, name: &str, kind: Kind) {
        if self.reporting {
            return;
        }
        let known = self.kinds.entry((here.0.to_owned(), name.to_owned())).or_insert(kind);
        if *known != kind {
            *known = Kind::Unknown;
        }
    }
}
