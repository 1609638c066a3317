//! `pos price`: what a basket written down as JSON costs, and why. No shop needed.

use super::{print, print_json, status};
use crate::args::PriceArgs;
use crate::offers::PLUGIN;
use crate::session::loaders;
use anyhow::Context;
use pos_api::port::{Extension, ExtensionLoader, ExtensionSource, Runtime};
use pos_case::Extensions;
use pos_domain::pricing::proposal::{Proposal, Snapshot, Stage};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Prices the cases of a file, or refunds its returns, or prints the schema of all of them.
pub(crate) fn run(args: &PriceArgs) -> anyhow::Result<ExitCode> {
    let Some(path) = args.returned.as_ref().or(args.case.as_ref()) else {
        print(&format!("{}\n", serde_json::to_string_pretty(&pos_case::schema())?))?;
        return Ok(ExitCode::SUCCESS);
    };
    let text = read(path)?;
    let mut rules = Rules { folder: folder_of(path), loaders: Vec::new(), loaded: BTreeMap::new() };
    let answer = if args.returned.is_some() { pos_case::refund } else { pos_case::price };
    let result = answer(&text, &mut rules);
    if args.json {
        print_json(&result)?;
    } else {
        print(&told(&result)?)?;
    }
    Ok(status(!pos_case::is_refused(&result)))
}

fn read(path: &Path) -> anyhow::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("Standard input cannot be read as text")?;
        return Ok(text);
    }
    std::fs::read_to_string(path).with_context(|| format!("The file {} cannot be read", path.display()))
}

/// Scripts are named as seen from their case.
fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The rules that cases name, loaded once each: the promotions plugin under its configuration, scripts by path.
struct Rules {
    folder: PathBuf,
    /// Started when the first rule is wanted.
    loaders: Vec<Arc<dyn ExtensionLoader>>,
    /// By configuration or path.
    loaded: BTreeMap<String, Arc<dyn Extension>>,
}

impl Rules {
    fn load(&mut self, key: &str, runtime: Runtime, source: &ExtensionSource) -> Result<Arc<dyn Extension>, String> {
        if let Some(known) = self.loaded.get(key) {
            return Ok(Arc::clone(known));
        }
        if self.loaders.is_empty() {
            self.loaders = loaders(user_cache()).map_err(|error| format!("{error:#}"))?;
        }
        let loader = self.loaders.iter().find(|loader| loader.runtime() == runtime);
        let loader = loader.ok_or_else(|| "nothing here runs this kind of rule".to_owned())?;
        let extension = loader.load(source).map_err(|diagnostic| diagnostic.to_string())?;
        self.loaded.insert(key.to_owned(), Arc::clone(&extension));
        Ok(extension)
    }
}

/// Where compiled plugins of cases are kept, so that the next case need not compile them: the user's own folder for such
/// things, if there is one.
fn user_cache() -> Option<PathBuf> {
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = of("XDG_CACHE_HOME").or_else(|| of("LOCALAPPDATA")).or_else(|| Some(of("HOME")?.join(".cache")))?;
    Some(folder.join("pos").join("components"))
}

fn ask(extension: &dyn Extension, stage: Stage, basket: &Snapshot) -> Result<Proposal, String> {
    if !extension.about().discount_stages.contains(&stage) {
        return Ok(Proposal::default());
    }
    extension.propose(stage, &Arc::new(basket.clone())).map_err(|failure| failure.message)
}

impl Extensions for Rules {
    fn offers(&mut self, config_json: &str, stage: Stage, basket: &Snapshot) -> Result<Proposal, String> {
        let plugin = bundle::plugin(PLUGIN).ok_or("this program carries no promotions plugin")?;
        let source = ExtensionSource {
            file: format!("built-in/{PLUGIN}").into(),
            manifest: plugin.manifest.to_owned(),
            code: plugin.component.into(),
            configuration: config_json.to_owned(),
        };
        let extension = self.load(&format!("offers {config_json}"), Runtime::Component, &source)?;
        ask(extension.as_ref(), stage, basket)
    }

    fn script(&mut self, path: &str, stage: Stage, basket: &Snapshot) -> Result<Proposal, String> {
        let file = self.folder.join(path);
        let code = std::fs::read(&file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let source =
            ExtensionSource { file, manifest: String::new(), code: code.into(), configuration: "{}".to_owned() };
        let extension = self.load(&format!("script {path}"), Runtime::Rhai, &source)?;
        ask(extension.as_ref(), stage, basket)
    }
}

/// A result for people.
fn told(result: &Value) -> anyhow::Result<String> {
    let mut text = String::new();
    match result {
        Value::Array(results) => {
            for (number, result) in (1..).zip(results) {
                writeln!(text, "Case {number}")?;
                one(&mut text, result)?;
                writeln!(text)?;
            }
        }
        result => one(&mut text, result)?,
    }
    Ok(text)
}

fn one(text: &mut String, result: &Value) -> anyhow::Result<()> {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Some(refused) = result.get("refused") {
        let place = word(&refused["place"]);
        let at = if place.is_empty() { String::new() } else { format!(" at {place}") };
        writeln!(text, "Refused{at}: {} {}", word(&refused["message"]), word(&refused["next"]))?;
        return Ok(());
    }
    let lines = result["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
    let explained = result["explain"].as_array().map(Vec::as_slice).unwrap_or_default();
    for line in lines {
        writeln!(text, "{:<4} {:<42} {:>12}", word(&line["id"]), word(&line["sku"]), word(&line["paid"]))?;
        let steps = explained.iter().find(|steps| steps["line"] == line["id"]);
        for step in steps.and_then(|steps| steps["steps"].as_array()).into_iter().flatten() {
            let amount = step["amount"].as_str().unwrap_or_default();
            writeln!(text, "       {:<40} {amount:>12}", word(&step["title"]))?;
            let detail = word(&step["detail"]);
            if !detail.is_empty() && detail != "null" {
                writeln!(text, "         {detail}")?;
            }
        }
    }
    for tax in result["taxes"].as_array().into_iter().flatten() {
        let on = format!("{} on {}", word(&tax["code"]), word(&tax["base"]));
        writeln!(text, "{on:<47} {:>12}", word(&tax["amount"]))?;
    }
    for (title, key) in
        [("Discount", "discount"), ("Without tax", "total_excluded"), ("Tax", "total_tax"), ("TOTAL", "total_included")]
    {
        if let Some(amount) = result.get(key) {
            writeln!(text, "{title:<47} {:>12}", word(amount))?;
        }
    }
    for tender in result["tenders"].as_array().into_iter().flatten() {
        let points = tender.get("points").map_or_else(String::new, |points| format!(" ({} points)", word(points)));
        let right = if tender["needs_right"] == true { " (needs a right)" } else { "" };
        writeln!(text, "{:<47} {:>12}", format!("{}{points}{right}", word(&tender["kind"])), word(&tender["amount"]))?;
    }
    for (title, key) in [("Cash rounding", "cash_rounding"), ("Still due", "due"), ("Change", "change")] {
        if let Some(amount) = result.get(key) {
            writeln!(text, "{title:<47} {:>12}", word(amount))?;
        }
    }
    for near in result["near_misses"].as_array().into_iter().flatten() {
        writeln!(text, "{}: {}", word(&near["offer"]), word(&near["missing"]))?;
    }
    let certificate = &result["certificate"];
    if certificate["kind"] == "bounded" {
        let (saving, bound) = (word(&certificate["saving"]), word(&certificate["bound"]));
        writeln!(text, "The offers save {saving}; no other choice of them saves more than {bound}.")?;
    }
    Ok(())
}
