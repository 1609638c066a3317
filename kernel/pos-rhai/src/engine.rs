//! The interpreter: built once, shared by all scripts of a loader.

use crate::{facade, language, limits};
use rhai::module_resolvers::DummyModuleResolver;
use rhai::{Engine, OptimizationLevel};

/// Words of the language that rules do without: code from text or files, functions as values, powers.
const SWITCHED_OFF: &[&str] =
    &["eval", "import", "export", "Fn", "call", "curry", "is_shared", "is_def_fn", "is_def_var", "**", "**=", "global"];

/// An interpreter with the facade, the limits, and nothing else.
pub(crate) fn build() -> Engine {
    let mut engine = Engine::new_raw();
    limits::install(&mut engine);
    language::install(&mut engine);
    facade::install(&mut engine);
    for symbol in SWITCHED_OFF {
        engine.disable_symbol(*symbol);
    }
    engine
        .set_module_resolver(DummyModuleResolver::new())
        // The tree stays as written: folding would hide words in branches that are never taken, and the places of errors.
        .set_optimization_level(OptimizationLevel::None)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        .set_allow_anonymous_fn(false)
        // Operators of our own (the exact `/`) come before the built-in ones.
        .set_fast_operators(false);
    engine
}
