//! A shop's offers: `config/offers.toml`, from which the promotions plugin makes its proposals.
//!
//! A shop without the file does not load the plugin, and pays nothing for it. With the file, its text is the plugin's
//! configuration: every save is a new version, used by the next basket. [`OffersLoader`] makes JSON of it, or a
//! diagnostic at the very line: `percent_of` on line 7 leaves the offers of the last good save in use.

use crate::data_dir::DataDir;
use crate::session::{bundled, relative};
use pos_api::diagnostic::Diagnostic;
use pos_api::port::{Extension, ExtensionLoader, ExtensionSource, Runtime};
use promotions::Problem;
use std::io::ErrorKind;
use std::sync::Arc;

/// The plugin that reads the file.
pub const PLUGIN: &str = "org.pos-kernel.promotions";
/// What bytes that are no text become when they are read.
const NOT_TEXT: char = char::REPLACEMENT_CHARACTER;

/// The promotions plugin under the shop's offers; none if the shop has not written any. Programs may leave the JSON
/// form in `config/org.pos-kernel.promotions.json` instead; the file for people goes before it.
pub fn source(data: &DataDir) -> Option<ExtensionSource> {
    let plugin = bundle::plugin(PLUGIN)?;
    let path = data.offers_toml();
    match std::fs::read(&path) {
        Ok(text) => Some(ExtensionSource {
            file: relative(data, &path),
            configuration: String::from_utf8_lossy(&text).into_owned(),
            ..bundled(plugin, data)
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            data.config_of(PLUGIN).is_file().then(|| bundled(plugin, data))
        }
        Err(error) => {
            tracing::error!("{} cannot be read: {error}. Sales go on without its offers.", path.display());
            None
        }
    }
}

/// Loads components, and reads the offers file for the one whose configuration it is.
pub struct OffersLoader {
    components: Arc<dyn ExtensionLoader>,
}

impl OffersLoader {
    /// In front of the loader of components.
    pub fn new(components: Arc<dyn ExtensionLoader>) -> OffersLoader {
        OffersLoader { components }
    }
}

impl ExtensionLoader for OffersLoader {
    fn runtime(&self) -> Runtime {
        self.components.runtime()
    }

    fn load(&self, source: &ExtensionSource) -> Result<Arc<dyn Extension>, Box<Diagnostic>> {
        // Every other source is named after its manifest, its script or, on board, its id.
        if !source.file.ends_with(DataDir::OFFERS_FILE) {
            return self.components.load(source);
        }
        let text = &source.configuration;
        let json = json_of(text).map_err(|problems| diagnostic(source, text, &problems))?;
        self.components.load(&ExtensionSource { configuration: json, ..source.clone() })
    }
}

/// The plugin's form of what people wrote.
fn json_of(text: &str) -> Result<String, Vec<Problem>> {
    match text.split_once(NOT_TEXT) {
        None => promotions::toml_to_json(text),
        Some((before, _)) => Err(vec![not_text(before)]),
    }
}

/// A file in another encoding: its first letter beyond English.
fn not_text(before: &str) -> Problem {
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count());
    Problem {
        line: u32::try_from(before.matches('\n').count() + 1).ok(),
        column: u32::try_from(column + 1).ok(),
        place: "the file".to_owned(),
        what: "this letter is not UTF-8 text".to_owned(),
        what_to_do: "Save the file again with the encoding UTF-8.".to_owned(),
    }
}

/// One problem at its place; how many more there are. An offer as a whole often lacks what a mistyped setting in it should
/// have said, so a setting is shown before an offer.
fn diagnostic(source: &ExtensionSource, text: &str, problems: &[Problem]) -> Box<Diagnostic> {
    let file = source.file.display().to_string();
    let shown = problems.iter().find(|problem| problem.place.contains(", ")).or(problems.first());
    let Some(Problem { line, column, place, what, what_to_do }) = shown else {
        return Box::new(Diagnostic { rule: file.clone(), file, ..Diagnostic::default() });
    };
    let more = match problems.len() {
        0 | 1 => String::new(),
        count => format!(" `pos offers check` lists all {count} problems."),
    };
    let row = line.and_then(|line| text.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?));
    Box::new(Diagnostic {
        rule: "Promotions".to_owned(),
        file,
        line: line.unwrap_or(0),
        column: column.unwrap_or(0),
        length: 1,
        source_text: row.unwrap_or_default().to_owned(),
        problem: format!("{place}: {what}"),
        action: format!("{what_to_do}{more}"),
        ..Diagnostic::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::write_file;
    use std::path::Path;

    const OFFER: &str = "[[offer]]\nid = \"ten\"\nlabel = \"Ten\"\nitems = \"all\"\npercent_off = \"10 %\"\n";

    /// Answers what it was given to load.
    struct Echo;

    impl ExtensionLoader for Echo {
        fn runtime(&self) -> Runtime {
            Runtime::Component
        }

        fn load(&self, source: &ExtensionSource) -> Result<Arc<dyn Extension>, Box<Diagnostic>> {
            Err(Box::new(Diagnostic { problem: source.configuration.clone(), ..Diagnostic::default() }))
        }
    }

    fn load(text: &str) -> Diagnostic {
        let source = ExtensionSource {
            file: Path::new("config").join(DataDir::OFFERS_FILE),
            manifest: "id = \"a.b\"".to_owned(),
            code: Arc::new([]),
            configuration: text.to_owned(),
        };
        *OffersLoader::new(Arc::new(Echo)).load(&source).err().unwrap()
    }

    #[test]
    fn only_a_shop_with_offers_loads_the_plugin() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path());
        let _lock = data.lock().unwrap();
        assert!(source(&data).is_none());
        write_file(&data.config_of(PLUGIN), r#"{"offer": []}"#).unwrap();
        assert_eq!(source(&data).unwrap().configuration, r#"{"offer": []}"#);
        write_file(&data.offers_toml(), OFFER).unwrap();
        let found = source(&data).unwrap();
        assert_eq!((found.configuration.as_str(), found.file.to_str()), (OFFER, Some("config/offers.toml")));
    }

    #[test]
    fn what_people_wrote_reaches_the_plugin_as_json() {
        let json: serde_json::Value = serde_json::from_str(&load(OFFER).problem).unwrap();
        assert_eq!(json["offer"][0]["percent_off"], "10 %");
    }

    #[test]
    fn other_plugins_get_their_configuration_as_it_is() {
        let file = "plugins/a/plugin.toml".into();
        let source =
            ExtensionSource { file, manifest: "x".into(), code: Arc::new([]), configuration: "not TOML {".to_owned() };
        assert_eq!(OffersLoader::new(Arc::new(Echo)).load(&source).err().unwrap().problem, "not TOML {");
    }

    #[test]
    fn a_mistake_is_shown_at_its_place() {
        let problem = load(&OFFER.replace("percent_off", "percent_of"));
        assert_eq!((problem.line, problem.column), (5, 1), "{problem}");
        assert_eq!(problem.source_text, "percent_of = \"10 %\"");
        assert!(problem.action.contains("percent_off"), "{problem}");
        let two = load(&OFFER.replace("percent_off", "percent_of").replace("items", "itms"));
        assert_eq!((two.line, two.source_text.as_str()), (4, "itms = \"all\""), "{two}");
        assert!(two.action.contains("`pos offers check` lists all"), "{two}");
    }

    #[test]
    fn another_encoding_is_named() {
        let text = String::from_utf8_lossy(b"# Offers\n# Gl\xfcck\n").into_owned() + OFFER;
        let problem = load(&text);
        assert_eq!((problem.line, problem.column), (2, 5), "{problem}");
        assert!(problem.action.contains("UTF-8"), "{problem}");
    }
}
