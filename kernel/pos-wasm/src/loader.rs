//! From manifest, component and configuration to a plugin that can be called.

use crate::cache::{Cache, Key};
use crate::diagnose::Subject;
use crate::host::Host;
use crate::inspect::inspect;
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::plugin::Plugin;
use crate::preinitialise::{compile, configured, mismatch};
use crate::stopwatch::CallListener;
use pos_api::diagnostic::Diagnostic;
use pos_api::port::{Extension, ExtensionLoader, ExtensionSource, Runtime};
use serde::de::IgnoredAny;
use std::path::PathBuf;
use std::sync::Arc;
use wasmtime::component::Component;

/// How the host is set up.
#[derive(Clone, Debug, Default)]
pub struct HostOptions {
    /// Folder for compiled plugins, made when first needed. Only this program may write to it: what it holds is machine
    /// code. None: every start compiles again, about half a second a plugin.
    pub cache_dir: Option<PathBuf>,
    /// What plugins may use up.
    pub limits: Limits,
}

/// The machine cannot run plugins: no executable memory, or not enough address space for the pool of instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError {
    problem: String,
}

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Plugins cannot run on this machine: {}. Sales go on with scripts and the built-in tax.",
            self.problem
        )
    }
}

impl std::error::Error for HostError {}

/// Loads components. Cheap to clone; all clones share one engine, one pool and one cache.
#[derive(Clone)]
pub struct ComponentLoader {
    host: Arc<Host>,
}

impl ComponentLoader {
    /// Sets up the engine and reserves address space for its instances; takes no memory yet and starts no thread.
    pub fn new(options: HostOptions) -> Result<Self, HostError> {
        ComponentLoader::make(options, None)
    }

    /// The same for benchmarks: `listener` hears what each call took.
    pub fn listened(options: HostOptions, listener: CallListener) -> Result<Self, HostError> {
        ComponentLoader::make(options, Some(listener))
    }

    fn make(options: HostOptions, listener: Option<CallListener>) -> Result<Self, HostError> {
        let HostOptions { cache_dir, limits } = options;
        let host = Host::new(limits, cache_dir.map(Cache::new), listener);
        let host = host.map_err(|error| HostError { problem: format!("{error:#}") })?;
        Ok(ComponentLoader { host: Arc::new(host) })
    }
}

impl ExtensionLoader for ComponentLoader {
    fn runtime(&self) -> Runtime {
        Runtime::Component
    }

    fn load(&self, source: &ExtensionSource) -> Result<Arc<dyn Extension>, Box<Diagnostic>> {
        let ExtensionSource { file, manifest: manifest_text, code, configuration } = source;
        let subject = Subject::of_file(file);
        let manifest = Manifest::parse(manifest_text, &subject)?;
        let subject = subject.named(&manifest.name);
        let limits = manifest.lower(&self.host.limits, &subject)?;
        check_configuration(configuration, &limits, &subject)?;
        inspect(code, &manifest, limits.memory_bytes, &subject)?;
        let component = compiled(&self.host, code, configuration, &limits, &subject)?;
        let plugin = Plugin::new(Arc::clone(&self.host), &component, &manifest, limits, source);
        Ok(Arc::new(plugin.map_err(|error| mismatch(&error, &subject))?))
    }
}

/// The configured and compiled component: from the cache, or made and kept there.
fn compiled(
    host: &Host,
    code: &[u8],
    configuration: &str,
    limits: &Limits,
    subject: &Subject,
) -> Result<Component, Box<Diagnostic>> {
    let make = || {
        let configured = configured(host, code, configuration, limits, subject)?;
        compile(host, &configured, subject)
    };
    let key = Key::of(&host.engine, code, configuration, limits.fuel, limits.memory_bytes);
    let Some(cache) = &host.cache else { return host.recent.get_or_make(key, make) };
    if let Some(component) = cache.get(&host.engine, key) {
        return Ok(component);
    }
    let component = make()?;
    cache.put(key, &component);
    Ok(component)
}

/// A configuration is JSON and no larger than any other input; what is in it is for the plugin to judge.
fn check_configuration(configuration: &str, limits: &Limits, subject: &Subject) -> Result<(), Box<Diagnostic>> {
    let subject = subject.configuration();
    if configuration.len() > limits.input_bytes {
        let problem =
            format!("the configuration has {} bytes, {} are allowed", configuration.len(), limits.input_bytes);
        return Err(subject.problem(problem, "make it shorter"));
    }
    serde_json::from_str::<IgnoredAny>(configuration).map(drop).map_err(|error| {
        let line_start: usize =
            configuration.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let start = line_start + error.column().saturating_sub(1);
        subject.problem_at(
            configuration,
            start..start + 1,
            format!("the configuration is not JSON: {error}"),
            "mend this line",
        )
    })
}
