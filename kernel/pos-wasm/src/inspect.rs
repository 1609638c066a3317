//! What a component asks for and offers, read from its bytes before anything of it is compiled or run.
//!
//! Example: a component built for `wasm32-wasip2` imports `wasi:cli/environment@0.2.6` and a dozen more. It is refused
//! with these names, in well under a millisecond, and nothing of it ever ran.

use crate::contract::{API, DISCOUNT, EXPLAIN, LIFECYCLE, TAX, TYPES};
use crate::diagnose::Subject;
use crate::manifest::Manifest;
use pos_api::diagnostic::Diagnostic;
use wasmparser::{ComponentExternalKind, ComponentTypeRef, Encoding, Parser, Payload, TypeRef, ValType};

const BUILD_AGAIN: &str = "build it with `pos plugin build`";
const WASM_PAGE_BYTES: u64 = 64 << 10;

/// What a component says of itself.
#[derive(Debug, Default)]
struct Outline {
    imports: Vec<Import>,
    exports: Vec<String>,
    memories: u32,
    /// The largest memory it starts with, in bytes.
    memory_bytes: u64,
    /// What keeps the memory that `configure` leaves from becoming the image of every call.
    unfit: Option<&'static str>,
}

#[derive(Debug)]
struct Import {
    name: String,
    is_instance: bool,
}

/// What the core module being read has defined so far.
#[derive(Default)]
struct ModuleOutline {
    has_state: bool,
    has_exports: bool,
}

/// Refuses a component that is none, that asks for more than the contract, or that lacks a hook its manifest declares.
pub(crate) fn inspect(
    component: &[u8],
    manifest: &Manifest,
    memory_bytes_max: usize,
    subject: &Subject,
) -> Result<(), Box<Diagnostic>> {
    if component.is_empty() {
        return Err(subject.problem("the plugin's file is empty", BUILD_AGAIN));
    }
    if Parser::is_core_wasm(component) {
        let problem = "this is a core WebAssembly module, not a component: it has no typed interface";
        return Err(subject.problem(problem, BUILD_AGAIN));
    }
    if !Parser::is_component(component) {
        return Err(subject.problem("this is not a WebAssembly component", BUILD_AGAIN));
    }
    let outline = Outline::read(component).map_err(|error| {
        let problem = format!("the component is damaged or cut short: {} at byte {}", error.message(), error.offset());
        subject.problem(problem, "copy the file again, or build it with `pos plugin build`")
    })?;
    match outline.fault(manifest, memory_bytes_max) {
        Some((problem, action)) => Err(subject.problem(problem, action)),
        None => Ok(()),
    }
}

impl Outline {
    fn read(component: &[u8]) -> wasmparser::Result<Outline> {
        let mut outline = Outline::default();
        // Modules and components nest; only the outermost component's imports and exports are the plugin's.
        let mut depth = 0_u32;
        let mut module = ModuleOutline::default();
        for payload in Parser::new(0).parse_all(component) {
            match payload? {
                Payload::Version { encoding: Encoding::Module, .. } => module = ModuleOutline::default(),
                Payload::ModuleSection { .. } => depth += 1,
                Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => {
                    if module.has_state && !module.has_exports {
                        outline.unfit = Some("a module inside it has memory or variables but exports nothing");
                    }
                    module = ModuleOutline::default();
                    depth = depth.saturating_sub(1);
                }
                Payload::ComponentImportSection(imports) if depth == 0 => {
                    for import in imports {
                        let import = import?;
                        let is_instance = matches!(import.ty, ComponentTypeRef::Instance(_));
                        outline.imports.push(Import { name: import.name.name.to_owned(), is_instance });
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ComponentExternalKind::Instance {
                            outline.exports.push(export.name.name.to_owned());
                        }
                    }
                }
                Payload::ComponentStartSection { .. } => outline.unfit = Some("it has a component start function"),
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        outline.add_memory(memory?);
                        module.has_state = true;
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        let ty = global?.ty;
                        module.has_state |= ty.mutable;
                        if ty.mutable
                            && !matches!(ty.content_type, ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64)
                        {
                            outline.unfit = Some("it keeps a vector or a reference in a variable");
                        }
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if matches!(import?.ty, TypeRef::Tag(_)) {
                            outline.unfit = Some("it throws exceptions");
                        }
                    }
                }
                Payload::ExportSection(exports) => module.has_exports |= exports.count() > 0,
                _ => {}
            }
        }
        Ok(outline)
    }

    fn add_memory(&mut self, memory: wasmparser::MemoryType) {
        self.memories += 1;
        let page_bytes =
            memory.page_size_log2.map_or(WASM_PAGE_BYTES, |log2| 1_u64.checked_shl(log2).unwrap_or(u64::MAX));
        self.memory_bytes = self.memory_bytes.max(memory.initial.saturating_mul(page_bytes));
        if memory.memory64 {
            self.unfit = Some("it has a 64-bit memory");
        } else if memory.shared {
            self.unfit = Some("it has a memory shared between threads");
        } else if memory.page_size_log2.is_some_and(|log2| log2 != 16) {
            self.unfit = Some("its memory has pages of an unusual size");
        }
    }

    /// The first thing that keeps it from being used: problem and action.
    fn fault(&self, manifest: &Manifest, memory_bytes_max: usize) -> Option<(String, String)> {
        let Outline { imports, exports, memories, memory_bytes, unfit } = self;
        let foreign: Vec<&str> = imports
            .iter()
            .filter(|import| !(import.is_instance && [EXPLAIN, TYPES].contains(&import.name.as_str())))
            .map(|import| import.name.as_str())
            .collect();
        if let Some(first) = foreign.first() {
            let problem = format!(
                "the plugin asks for {}, which a plugin that takes part in pricing cannot have; it may import {EXPLAIN} only",
                foreign.join(", ")
            );
            let action = if first.starts_with("wasi:") {
                "build it for the target wasm32-unknown-unknown: `pos plugin build` does, and then no wasi interface is asked for"
            } else {
                "take out what uses it and build the plugin again"
            };
            return Some((problem, action.to_owned()));
        }
        let declared = [
            (true, LIFECYCLE, "every plugin needs it"),
            (manifest.hooks.discount.is_some(), DISCOUNT, "the manifest declares [hooks.discount]"),
            (manifest.hooks.tax.is_some(), TAX, "the manifest declares [hooks.tax]"),
        ];
        for (_, interface, why) in declared.into_iter().filter(|(is_needed, ..)| *is_needed) {
            if exports.iter().any(|export| export == interface) {
                continue;
            }
            let (stem, _) = interface.split_once('@').unwrap_or((interface, ""));
            let other = exports.iter().find(|export| export.split_once('@').is_some_and(|(name, _)| name == stem));
            let instead = other.map_or(String::new(), |other| format!("; it exports {other} instead"));
            let problem = format!("the plugin does not export {interface}{instead} ({why})");
            return Some((problem, format!("build it against version {API} of the contract")));
        }
        if *memories > 1 {
            let problem = format!("the plugin has {memories} memories, one is allowed");
            return Some((problem, "put it together from one module".to_owned()));
        }
        if *memory_bytes > u64::try_from(memory_bytes_max).unwrap_or(u64::MAX) {
            let problem =
                format!("the plugin starts with {memory_bytes} bytes of memory, {memory_bytes_max} are allowed");
            return Some((
                problem,
                "make its stack or its tables smaller, or raise `memory_bytes` in its manifest".to_owned(),
            ));
        }
        unfit.map(|unfit| {
            let problem = format!("the plugin cannot be configured ahead of its calls: {unfit}");
            (problem, BUILD_AGAIN.to_owned())
        })
    }
}
