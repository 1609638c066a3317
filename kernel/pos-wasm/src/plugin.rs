//! A loaded plugin: each call in an instance of its own.

use crate::call::CallState;
use crate::contract::types::HookError;
use crate::contract::{discount, tax};
use crate::failure;
use crate::host::Host;
use crate::lift;
use crate::limits::{Budget, Limits};
use crate::lower;
use crate::manifest::{Manifest, Wants};
use crate::stopwatch::Stopwatch;
use pos_api::port::{Extension, ExtensionAbout, ExtensionFailure, ExtensionSource, FailureKind, Runtime};
use pos_domain::pricing::proposal::{Assessment, Proposal, Snapshot, Stage, TaxInput};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre};

/// A configured component, ready to be instantiated.
pub(crate) struct Plugin {
    host: Arc<Host>,
    pre: InstancePre<CallState>,
    hooks: HookIndices,
    about: ExtensionAbout,
    wants: Wants,
    limits: Limits,
}

/// Where the hooks are that the manifest declares.
struct HookIndices {
    discount: Option<discount::GuestIndices>,
    tax: Option<tax::GuestIndices>,
}

impl Plugin {
    /// Looks up the hooks and checks their types on a first instance.
    pub(crate) fn new(
        host: Arc<Host>,
        component: &Component,
        manifest: &Manifest,
        limits: Limits,
        source: &ExtensionSource,
    ) -> wasmtime::Result<Self> {
        let pre = host.linker.instantiate_pre(component)?;
        let discount = manifest.hooks.discount.as_ref().map(|_| discount::GuestIndices::new(&pre)).transpose()?;
        let tax = manifest.hooks.tax.as_ref().map(|_| tax::GuestIndices::new(&pre)).transpose()?;
        let mut store = host.store(&limits.budget(0))?;
        let instance = pre.instantiate(&mut store)?;
        if let Some(discount) = &discount {
            discount.load(&mut store, &instance)?;
        }
        if let Some(tax) = &tax {
            tax.load(&mut store, &instance)?;
        }
        drop(store);
        let about = about(manifest, source);
        Ok(Plugin { host, pre, hooks: HookIndices { discount, tax }, about, wants: manifest.wants, limits })
    }

    /// Runs one hook in a fresh instance and answers what it gave.
    fn call<T>(
        &self,
        hook: &str,
        lines: usize,
        watch: &mut Stopwatch<'_>,
        run: impl FnOnce(&mut Store<CallState>, &Instance) -> wasmtime::Result<Result<T, HookError>>,
    ) -> Result<(T, Budget), ExtensionFailure> {
        watch.times.lower = watch.lap();
        let budget = self.limits.budget(lines);
        let name = &self.about.name;
        let not_started = |error| failure::of_start(name, &error, &budget);
        let mut store = self.host.store(&budget).map_err(not_started)?;
        let instance = self.pre.instantiate(&mut store).map_err(not_started)?;
        watch.times.start = watch.lap();
        let running = self.host.ticker.run();
        let answer = run(&mut store, &instance);
        drop(running);
        watch.times.run = watch.lap();
        if watch.is_running() {
            watch.times.fuel = budget.fuel.saturating_sub(store.get_fuel().unwrap_or(budget.fuel));
        }
        let notes = &store.data().notes;
        if let Some(notes) = notes.text() {
            tracing::debug!(plugin = &*self.about.id, hook, notes, "notes of a call");
        }
        match answer {
            Ok(Ok(answer)) => Ok((answer, budget)),
            Ok(Err(refusal)) => Err(failure::of_refusal(name, refusal)),
            Err(error) => Err(failure::of_call(name, &error, &budget, notes.last_warning())),
        }
    }

    fn not_offered(&self, hook: &str) -> ExtensionFailure {
        failure::failure(FailureKind::NotOffered, format!("{} has no hook `{hook}`", self.about.name))
    }
}

impl Extension for Plugin {
    fn about(&self) -> &ExtensionAbout {
        &self.about
    }

    fn propose(&self, stage: Stage, snapshot: &Arc<Snapshot>) -> Result<Proposal, ExtensionFailure> {
        let indices = self.hooks.discount.as_ref().ok_or_else(|| self.not_offered("discount"))?;
        if !self.about.discount_stages.contains(&stage) {
            return Ok(Proposal::default());
        }
        let name = &self.about.name;
        let mut watch = Stopwatch::start(self.host.listener.as_ref());
        let answer = lower::with_basket(snapshot, self.wants, self.limits.input_bytes, |basket| {
            self.call("discount", snapshot.lines.len(), &mut watch, |store, instance| {
                let guest = indices.load(&mut *store, instance)?;
                guest.call_propose(store, lower::stage(stage), basket)
            })
        });
        let (proposal, budget) = answer.map_err(|problem| failure::input_unfit(name, &problem))??;
        let given_back = watch.lap();
        watch.times.start += given_back;
        let proposal = lift::proposal(proposal, snapshot, self.limits.candidates_max, budget.output_text_bytes)
            .map_err(|problem| failure::invalid_output(name, &problem))?;
        watch.times.lift = watch.lap();
        watch.tell(&self.about.id, "discount");
        Ok(proposal)
    }

    fn assess(&self, input: &TaxInput) -> Result<Assessment, ExtensionFailure> {
        let indices = self.hooks.tax.as_ref().ok_or_else(|| self.not_offered("tax"))?;
        let name = &self.about.name;
        let mut watch = Stopwatch::start(self.host.listener.as_ref());
        let answer = lower::with_tax_input(input, self.wants, self.limits.input_bytes, |wire| {
            self.call("tax", input.basket.lines.len(), &mut watch, |store, instance| {
                let guest = indices.load(&mut *store, instance)?;
                guest.call_assess(store, wire)
            })
        });
        let (assessment, budget) = answer.map_err(|problem| failure::input_unfit(name, &problem))??;
        let given_back = watch.lap();
        watch.times.start += given_back;
        let assessment = lift::assessment(assessment, input, budget.output_text_bytes)
            .map_err(|problem| failure::invalid_output(name, &problem))?;
        watch.times.lift = watch.lap();
        watch.tell(&self.about.id, "tax");
        Ok(assessment)
    }
}

fn about(manifest: &Manifest, source: &ExtensionSource) -> ExtensionAbout {
    ExtensionAbout {
        id: manifest.id.as_str().into(),
        name: manifest.name.as_str().into(),
        version: manifest.version.as_str().into(),
        runtime: Runtime::Component,
        content_hash: content_hash(source).into(),
        discount_stages: manifest.discount_stages().to_vec(),
        assesses_tax: manifest.hooks.tax.is_some(),
        priority: manifest.priority(),
    }
}

/// SHA-256 over component, configuration and manifest, each with its length in front, hexadecimal.
fn content_hash(source: &ExtensionSource) -> String {
    let ExtensionSource { file: _, manifest, code, configuration } = source;
    let mut hasher = Sha256::new();
    for part in [&**code, configuration.as_bytes(), manifest.as_bytes()] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hex::encode(hasher.finalize())
}
