//! A compiled script: an extension that answers offers for a stage.

use crate::facade::{Basket, Run};
use crate::limits::metered;
use crate::recorder::Recorder;
use crate::report::{Moment, Problem, Source, diagnostic, explain_running};
use crate::room::{NoResult, TO_RUN_BYTES, guarded, with_stack};
use pos_api::port::{Extension, ExtensionAbout, ExtensionFailure, FailureKind};
use pos_domain::pricing::proposal::{Assessment, Proposal, Snapshot, Stage, TaxInput};
use rhai::{AST, CallFnOptions, Dynamic, Engine, Position, Scope};
use std::sync::Arc;

/// A script ready to run.
pub(crate) struct Script {
    pub(crate) engine: Arc<Engine>,
    pub(crate) tree: AST,
    pub(crate) about: ExtensionAbout,
    /// The stage in which hints in the rule's own words go out: the last one it takes part in.
    pub(crate) hint_stage: Stage,
    /// It may recurse, so it runs on a thread with room.
    pub(crate) needs_room: bool,
    /// Where it may first go on for ever: the place of a stop that comes without one.
    pub(crate) endless: Option<Position>,
    pub(crate) source: Source,
}

impl Script {
    /// Runs `fn discount(basket)` once.
    pub(crate) fn run(&self, snapshot: &Arc<Snapshot>) -> Result<Recorder, Problem> {
        let work = || metered(snapshot.lines.len(), || self.call(snapshot));
        let result = if self.needs_room { with_stack(TO_RUN_BYTES, || guarded(work)) } else { Ok(guarded(work)) };
        match result.and_then(|result| result) {
            Ok(result) => result,
            Err(NoResult::Panicked) => {
                Err(Problem::new(Position::NONE, "the rule broke the interpreter and was stopped"))
            }
            Err(NoResult::NoThread(error)) => {
                Err(Problem::new(Position::NONE, format!("this machine is out of threads: {error}")))
            }
        }
    }

    fn call(&self, snapshot: &Arc<Snapshot>) -> Result<Recorder, Problem> {
        let run = Arc::new(Run::new(snapshot.clone()));
        // Statements outside functions are refused when the script is loaded, so there is nothing else to run.
        let options = CallFnOptions::new().eval_ast(false).rewind_scope(false);
        let basket = (Basket::new(&run),);
        let result =
            self.engine.call_fn_with_options::<Dynamic>(options, &mut Scope::new(), &self.tree, "discount", basket);
        // Explained here: what the error holds may need the room to be dropped in.
        result.map(|_| run.take_recorder()).map_err(|error| {
            let mut problem = explain_running(&error);
            if problem.at.is_none() && problem.kind != FailureKind::Trap {
                problem.at = self.endless.unwrap_or(Position::NONE);
            }
            problem
        })
    }

    fn failure(&self, problem: &Problem) -> ExtensionFailure {
        let diagnostic = diagnostic(&self.source, problem, Moment::Selling);
        let place = if diagnostic.line > 0 { format!(", line {}", diagnostic.line) } else { String::new() };
        let message = format!("{}: {} ({}{place})", self.source.rule, problem.text, self.source.file);
        ExtensionFailure { kind: problem.kind, message, diagnostic: Some(diagnostic) }
    }
}

impl Extension for Script {
    fn about(&self) -> &ExtensionAbout {
        &self.about
    }

    fn propose(&self, stage: Stage, snapshot: &Arc<Snapshot>) -> Result<Proposal, ExtensionFailure> {
        let recorder = self.run(snapshot).map_err(|problem| self.failure(&problem))?;
        Ok(recorder.finish(stage, stage == self.hint_stage, &self.about.name, snapshot))
    }

    fn assess(&self, _: &TaxInput) -> Result<Assessment, ExtensionFailure> {
        let message = format!("{} is a script; scripts do not assess tax", self.source.rule);
        Err(ExtensionFailure { kind: FailureKind::NotOffered, message, diagnostic: None })
    }
}
