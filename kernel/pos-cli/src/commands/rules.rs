//! `pos rules`, `pos script check`: what is loaded, and what is wrong.

use super::{data_dir, open_quietly, print, print_json, status};
use crate::args::{CheckArgs, DataJsonArgs};
use crate::data_dir::DataDir;
use anyhow::Context;
use pos_api::diagnostic::Diagnostic;
use pos_api::port::{Extension, ExtensionLoader, ExtensionSource};
use pos_rhai::ScriptLoader;
use pos_rhai::cases::Table;
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Serialize)]
struct Rule {
    id: String,
    name: String,
    runtime: &'static str,
    version: String,
    stages: Vec<String>,
    tax: bool,
}

fn describe(extension: &Arc<dyn Extension>) -> Rule {
    let about = extension.about();
    Rule {
        id: about.id.to_string(),
        name: about.name.to_string(),
        runtime: about.runtime.code(),
        version: about.version.to_string(),
        stages: about.discount_stages.iter().map(|stage| format!("{stage:?}").to_lowercase()).collect(),
        tax: about.assesses_tax,
    }
}

/// Lists the rules of a shop.
pub(crate) fn list(args: &DataJsonArgs) -> anyhow::Result<ExitCode> {
    let data: DataDir = data_dir(&args.data)?;
    let session = open_quietly(&args.data)?;
    let set = session.rules.current();
    let rules: Vec<Rule> = set.members.iter().map(|member| describe(&member.extension)).collect();
    let problems = session.rules.problems();
    if args.json {
        print_json(&serde_json::json!({ "rule_set": &*set.hash, "rules": rules, "problems": problems }))?;
    } else {
        print(&format!("Rule set {} of {}\n", set.hash, data.root().display()))?;
        for rule in &rules {
            let asked = if rule.tax { "tax".to_owned() } else { format!("offers: {}", rule.stages.join(", ")) };
            print(&format!("  {:<28} {:<10} {:<10} {asked}\n", rule.name, rule.runtime, rule.version))?;
        }
        for problem in &problems {
            print(&format!("\n{problem}"))?;
        }
    }
    session.close()?;
    Ok(status(problems.is_empty()))
}

/// Compiles scripts and runs their tables of cases.
pub(crate) fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let loader = ScriptLoader::new();
    let mut problems: Vec<Diagnostic> = Vec::new();
    let mut passed = 0_usize;
    let mut failed: Vec<String> = Vec::new();
    for path in &args.files {
        let code = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let source = ExtensionSource {
            file: path.clone(),
            manifest: String::new(),
            code: code.into(),
            configuration: "{}".into(),
        };
        let extension = match loader.load(&source) {
            Ok(extension) => extension,
            Err(problem) => {
                problems.push(*problem);
                continue;
            }
        };
        let table = path.with_extension("cases.toml");
        if table.exists() {
            let text =
                std::fs::read_to_string(&table).with_context(|| format!("{} cannot be read", table.display()))?;
            let cases = Table::parse(&text).with_context(|| format!("{} is not a table of cases", table.display()))?;
            for outcome in pos_rhai::cases::run(&cases, std::slice::from_ref(&extension)) {
                match outcome.problem {
                    None => passed += 1,
                    Some(problem) => failed.push(format!("{}: {}: {problem}", table.display(), outcome.name)),
                }
            }
        }
        if !args.json {
            let about = extension.about();
            print(&format!("{}: {} {} is good\n", path.display(), about.name, about.version))?;
        }
    }
    if args.json {
        print_json(&serde_json::json!({ "problems": problems, "cases": { "passed": passed, "failed": failed } }))?;
    } else {
        for problem in &problems {
            print(&problem.to_string())?;
        }
        for failure in &failed {
            print(&format!("{failure}\n"))?;
        }
        print(&format!("{passed} case(s) passed, {} failed\n", failed.len()))?;
    }
    Ok(status(problems.is_empty() && failed.is_empty()))
}
