//! From a file's text to an [`Extension`]: compile, read the tree, rehearse.

use crate::check::{Findings, check};
use crate::limits::SOURCE_BYTES_MAX;
use crate::naming::names;
use crate::report::{Moment, Problem, Source, diagnostic, explain_parsing};
use crate::room::{NoResult, TO_COMPILE_BYTES, guarded, with_stack};
use crate::script::Script;
use crate::{engine, rehearsal};
use pos_api::diagnostic::Diagnostic;
use pos_api::port::{Extension, ExtensionAbout, ExtensionLoader, ExtensionSource, Runtime};
use pos_domain::pricing::proposal::Stage;
use rhai::{AST, Engine, Position};
use std::sync::Arc;

/// Loads scripts. Building one takes about a millisecond (the interpreter and its words), so keep it: all its scripts
/// share one interpreter.
pub struct ScriptLoader {
    engine: Arc<Engine>,
}

impl Default for ScriptLoader {
    fn default() -> Self {
        Self::new()
    }
}

impl ScriptLoader {
    /// A loader with its interpreter.
    pub fn new() -> ScriptLoader {
        ScriptLoader { engine: Arc::new(engine::build()) }
    }

    /// Compiles and reads the tree, on a thread with room for both.
    fn compile(&self, text: &str) -> Result<(AST, Findings), Problem> {
        if text.len() > SOURCE_BYTES_MAX {
            return Err(Problem::new(Position::NONE, "the file is larger than 16 KiB; make it several rules"));
        }
        let work = || {
            let tree = self.engine.compile(text).map_err(|error| explain_parsing(&error, text))?;
            let mut findings = check(&tree);
            // A tree with a problem is dropped here, where there is room for any depth.
            if findings.problems.is_empty() { Ok((tree, findings)) } else { Err(findings.problems.swap_remove(0)) }
        };
        match with_stack(TO_COMPILE_BYTES, || guarded(work)).and_then(|result| result) {
            Ok(result) => result,
            Err(NoResult::Panicked) => Err(Problem::new(Position::NONE, "the file cannot be read as a script")),
            Err(NoResult::NoThread(error)) => {
                Err(Problem::new(Position::NONE, format!("this machine is out of threads: {error}")))
            }
        }
    }
}

impl ExtensionLoader for ScriptLoader {
    fn runtime(&self) -> Runtime {
        Runtime::Rhai
    }

    fn load(&self, source: &ExtensionSource) -> Result<Arc<dyn Extension>, Box<Diagnostic>> {
        let names = names(&source.file, &source.code);
        let text = String::from_utf8_lossy(&source.code);
        let written = Source {
            rule: names.name.clone(),
            file: source.file.to_string_lossy().into_owned(),
            text: text.trim_start_matches('\u{feff}').into(),
        };
        let refused = |problem: &Problem| diagnostic(&written, problem, Moment::Loading);
        if let Some(problem) = not_utf8(&source.code) {
            return Err(refused(&problem));
        }
        let (tree, findings) = self.compile(&written.text).map_err(|problem| refused(&problem))?;
        let stages = stages(&findings);
        let script = Script {
            engine: self.engine.clone(),
            tree,
            about: ExtensionAbout {
                id: names.id,
                name: names.name,
                version: names.version,
                runtime: Runtime::Rhai,
                content_hash: names.content_hash,
                discount_stages: stages.clone(),
                assesses_tax: false,
                priority: 0,
            },
            hint_stage: stages.last().copied().unwrap_or(Stage::Order),
            needs_room: findings.needs_room,
            endless: findings.endless,
            source: written.clone(),
        };
        rehearsal::rehearse(&script, &findings.texts).map_err(|problem| refused(&problem))?;
        Ok(Arc::new(script))
    }
}

/// The stages to be asked in: being asked costs a run. A rule that only hints is asked last, when the totals are known;
/// one that does nothing yet is asked once, so that its runs show.
fn stages(findings: &Findings) -> Vec<Stage> {
    if findings.stages.is_empty() {
        return vec![if findings.hints { Stage::Order } else { Stage::Line }];
    }
    findings.stages.iter().copied().collect()
}

fn not_utf8(code: &[u8]) -> Option<Problem> {
    let error = std::str::from_utf8(code).err()?;
    let good = String::from_utf8_lossy(code.get(..error.valid_up_to()).unwrap_or_default()).into_owned();
    let line = u16::try_from(good.matches('\n').count() + 1).unwrap_or(u16::MAX);
    let column = u16::try_from(good.rsplit('\n').next().unwrap_or("").chars().count() + 1).unwrap_or(u16::MAX);
    Some(Problem::new(Position::new(line, column), "this letter is not UTF-8; save the file as UTF-8"))
}
