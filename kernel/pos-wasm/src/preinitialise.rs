//! `configure` once, ahead of every call: the memory it leaves becomes the data of a new component.
//!
//! 1. The component gets accessors for its memory and variables (wizer's instrumentation) and is compiled.
//! 2. It is instantiated and `configure` runs, within limits.
//! 3. What the accessors read is written into a copy of the component as its initial data.
//! 4. The copy is compiled. From then on, a fresh instance *is* a configured one: a copy-on-write image of that memory.
//!
//! Example: a tax table reads 40 KB of JSON in 3 ms. Called afresh for every scan it would cost 3 ms a scan; as an
//! image it costs a page fault for each 4 KiB that a call writes to.

use crate::cache::Key;
use crate::call::CallState;
use crate::contract::{API, lifecycle, types};
use crate::diagnose::Subject;
use crate::failure;
use crate::host::Host;
use crate::limits::Limits;
use pos_api::diagnostic::Diagnostic;
use pos_api::port::ExtensionFailure;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasmtime::Store;
use wasmtime::component::{Component, ComponentNamedList, Instance, Lift, WasmList};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

/// The accessors grow the memory by a page each of the two times they read it.
pub(crate) const SNAPSHOT_ROOM_BYTES: usize = 2 * (64 << 10);
/// Reading the memory is the host's own work and ends by itself.
const SNAPSHOT_TICKS: u64 = 1 << 40;

const ASK_AUTHOR: &str = "pass this message on to the plugin's author";

/// Configures a component and answers the configured one, as WebAssembly.
pub(crate) fn configured(
    host: &Host,
    component: &[u8],
    configuration: &str,
    limits: &Limits,
    subject: &Subject,
) -> Result<Vec<u8>, Box<Diagnostic>> {
    let mut wizer = Wizer::new();
    wizer.keep_init_func(true); // Nothing is taken out, whatever the plugin's functions are called.
    let (context, instrumented) =
        guarded(|| wizer.instrument_component(component)).map_err(|problem| unusable(&problem, subject))?;
    let key = Key::of(&host.engine, &instrumented, "", 0, 0);
    let instrumented = host.kept(key, || compile(host, &instrumented, subject))?;

    let _running = host.ticker.run();
    let (mut store, instance) = run_configure(host, &instrumented, configuration, limits, subject)?;

    store.data_mut().memory.widen(SNAPSHOT_ROOM_BYTES);
    store.set_hostcall_fuel(usize::MAX);
    store.set_epoch_deadline(SNAPSHOT_TICKS);
    store.set_fuel(u64::MAX).map_err(|error| unusable(&format!("{error:#}"), subject))?;
    let mut reader = StateReader { store, instance, fault: None };
    let snapshot = guarded(|| ready(wizer.snapshot_component(&context, &mut reader)));
    match reader.fault {
        Some(fault) => Err(unusable(&fault, subject)),
        None => snapshot.map_err(|problem| unusable(&problem, subject)),
    }
}

/// Compiles a component.
pub(crate) fn compile(host: &Host, component: &[u8], subject: &Subject) -> Result<Component, Box<Diagnostic>> {
    Component::from_binary(&host.engine, component).map_err(|error| unusable(&format!("{error:#}"), subject))
}

/// Instantiates and runs `configure`, both together within its limits.
fn run_configure(
    host: &Host,
    component: &Component,
    configuration: &str,
    limits: &Limits,
    subject: &Subject,
) -> Result<(Store<CallState>, Instance), Box<Diagnostic>> {
    let budget = limits.configure_budget();
    let broken = |failure: ExtensionFailure| {
        let action = "check the configuration; if it is right, pass this message on to the plugin's author";
        subject.problem(failure.message, action)
    };
    let not_started = |error| broken(failure::of_start(&format!("The start of \"{}\"", subject.rule), &error, &budget));
    let pre = host.linker.instantiate_pre(component).map_err(|error| mismatch(&error, subject))?;
    let indices = lifecycle::GuestIndices::new(&pre).map_err(|error| mismatch(&error, subject))?;
    let mut store = host.store(&budget).map_err(not_started)?;
    let instance = pre.instantiate(&mut store).map_err(not_started)?;
    let lifecycle = indices.load(&mut store, &instance).map_err(|error| mismatch(&error, subject))?;
    let answer = lifecycle.call_configure(&mut store, configuration);
    if let Some(notes) = store.data().notes.text() {
        tracing::debug!(plugin = subject.rule, notes, "configured");
    }
    match answer {
        Ok(Ok(())) => Ok((store, instance)),
        Ok(Err(types::HookError::InvalidConfig(message))) => {
            Err(subject.configuration().refused(configuration, &message))
        }
        Ok(Err(refusal)) => {
            let failure = failure::of_refusal(&subject.rule, refusal);
            Err(subject.configuration().problem(failure.message, "mend the configuration and save it again"))
        }
        Err(error) => {
            let who = format!("The configuring of \"{}\"", subject.rule);
            Err(broken(failure::of_call(&who, &error, &budget, store.data().notes.last_warning())))
        }
    }
}

/// A component whose types are not the contract's.
pub(crate) fn mismatch(error: &wasmtime::Error, subject: &Subject) -> Box<Diagnostic> {
    let problem = format!("the plugin's interface is not that of the contract: {error:#}");
    subject.problem(problem, format!("build it against version {API} of the contract"))
}

fn unusable(problem: &str, subject: &Subject) -> Box<Diagnostic> {
    subject.problem(format!("the plugin's code cannot be used: {problem}"), ASK_AUTHOR)
}

/// Wizer asserts what it expects of a component. Such an assertion may cost this plugin, never the register.
fn guarded<T>(work: impl FnOnce() -> wasmtime::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| format!("{error:#}")),
        Err(_) => Err("its shape is one that pre-initialising does not support".to_owned()),
    }
}

/// The answer of a future that never waits: the accessors are called synchronously.
fn ready<T>(future: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(wasmtime::Error::msg("reading the configured memory did not come to an end")),
    }
}

/// Reads the state of an instrumented instance through its accessors.
///
/// The trait cannot answer with an error, so the first one is kept and the snapshot thrown away.
struct StateReader {
    store: Store<CallState>,
    instance: Instance,
    fault: Option<String>,
}

impl StateReader {
    fn call<R: Lift + 'static, T>(
        &mut self,
        interface: &str,
        function: &str,
        read: impl FnOnce(&Store<CallState>, R) -> T,
    ) -> Option<T>
    where
        (R,): ComponentNamedList,
    {
        let answer = self.instance.get_export_index(&mut self.store, None, interface).and_then(|interface| {
            let function = self.instance.get_export_index(&mut self.store, Some(&interface), function)?;
            Some(self.instance.get_typed_func::<(), (R,)>(&mut self.store, function))
        });
        let answer = match answer {
            Some(Ok(function)) => function.call(&mut self.store, ()),
            Some(Err(error)) => Err(error),
            None => Err(wasmtime::format_err!("{interface} does not have {function}")),
        };
        match answer {
            Ok((value,)) => Some(read(&self.store, value)),
            Err(error) => {
                let fault = format!("the memory that `configure` left could not be read: {error:#}");
                self.fault.get_or_insert(fault);
                None
            }
        }
    }
}

impl ComponentInstanceState for StateReader {
    async fn call_func_ret_list_u8(&mut self, instance: &str, func: &str, contents: impl FnOnce(&[u8]) + Send) {
        self.call(instance, func, |store, bytes: WasmList<u8>| contents(bytes.as_le_slice(store)));
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.call(instance, func, |_, value| value).unwrap_or_default()
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.call(instance, func, |_, value| value).unwrap_or_default()
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.call(instance, func, |_, value: f32| value.to_bits()).unwrap_or_default()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.call(instance, func, |_, value: f64| value.to_bits()).unwrap_or_default()
    }
}
