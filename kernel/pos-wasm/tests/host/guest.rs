//! Plugins for these tests: small modules in WebAssembly text, made into components against the contract.

use crate::wire::{Contract, Image, Value, err, list, ok, record, text};
use pos_api::port::ExtensionSource;
use std::fmt::Write as _;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

pub(crate) const MANIFEST: &str = r#"
id = "org.example.test"
name = "Test plugin"
version = "1.2.3"
publisher = "The POS kernel authors"
runtime = "component"
api = "0.1"
[hooks.tax]
priority = 5
[hooks.discount]
stages = ["line", "order"]
priority = 7
"#;

/// Where the answers begin; below, a guest keeps its own state.
const IMAGE_BASE: usize = 4096;

/// A guest in the making. Bodies are WebAssembly text; `local.get 0` is the address of the parameters.
pub(crate) struct Guest {
    pub(crate) contract: Contract,
    image: Image,
    configure: String,
    propose: String,
    assess: String,
    items: String,
    imports: &'static str,
    foreign: &'static str,
}

impl Guest {
    /// A guest that is content with any configuration and answers "nothing" to everything.
    pub(crate) fn new() -> Self {
        let mut guest = Guest {
            contract: Contract::new(),
            image: Image::new(IMAGE_BASE),
            configure: String::new(),
            propose: String::new(),
            assess: String::new(),
            items: String::new(),
            imports: "",
            foreign: "",
        };
        guest.configure = guest.answer("lifecycle", "configure", &Value::Case(0, None));
        guest.answers_proposal(&ok(no_proposal()));
        guest.answers_assessment(&ok(record([list([]), list([]), list([]), list([])])));
        guest
    }

    fn answer(&mut self, interface: &str, function: &str, value: &Value) -> String {
        let ty = self.contract.function(interface, function).result.unwrap();
        format!("(i32.const {})", self.image.put(&self.contract, &ty, value))
    }

    pub(crate) fn answers_proposal(&mut self, value: &Value) -> &mut Self {
        self.propose = self.answer("discount", "propose", value);
        self
    }

    pub(crate) fn answers_assessment(&mut self, value: &Value) -> &mut Self {
        self.assess = self.answer("tax", "assess", value);
        self
    }

    /// `configure` refuses: 0 invalid-input, 1 invalid-config, 2 unavailable, 3 refused.
    pub(crate) fn refuses_configuration(&mut self, case: u32, said: &str) -> &mut Self {
        self.configure = self.answer("lifecycle", "configure", &err(hook_error(case, said)));
        self
    }

    pub(crate) fn before_configure(&mut self, code: &str) -> &mut Self {
        self.configure.insert_str(0, code);
        self
    }

    pub(crate) fn before_propose(&mut self, code: &str) -> &mut Self {
        self.propose.insert_str(0, code);
        self
    }

    pub(crate) fn before_assess(&mut self, code: &str) -> &mut Self {
        self.assess.insert_str(0, code);
        self
    }

    /// Module items: variables, memories, a start section.
    pub(crate) fn with_items(&mut self, items: &str) -> &mut Self {
        self.items.push_str(items);
        self
    }

    /// Imports something the contract does not have.
    pub(crate) fn imports(&mut self, world_item: &'static str, packages: &'static str, item: &str) -> &mut Self {
        self.imports = world_item;
        self.foreign = packages;
        self.items.insert_str(0, item);
        self
    }

    /// Code that copies a text of the parameters to where the answer has the text `placeholder`.
    pub(crate) fn copy_text(&self, interface: &str, function: &str, path: &[&str], placeholder: &str) -> String {
        let from = self.contract.address(self.contract.function(interface, function), path);
        format!("(i64.store (i32.const {}) (i64.load {from}))", self.image.address_of_text(placeholder))
    }

    /// Code that copies a whole number of the parameters to where the answer has `placeholder`; `load` is the
    /// instruction.
    pub(crate) fn copy_number(
        &self,
        interface: &str,
        function: &str,
        path: &[&str],
        load: &str,
        placeholder: i64,
    ) -> String {
        let from = self.contract.address(self.contract.function(interface, function), path);
        format!("(i64.store (i32.const {}) ({load} {from}))", self.image.address_of(placeholder))
    }

    /// Code that stores a number of its own where the answer has `placeholder`.
    pub(crate) fn store_number(&self, expression: &str, placeholder: i64) -> String {
        format!("(i64.store (i32.const {}) {expression})", self.image.address_of(placeholder))
    }

    /// Pointer and length of a text of the answer, as the one number they are in memory.
    pub(crate) fn text_pair(&self, text: &str) -> i64 {
        self.image.text_pair(text)
    }

    pub(crate) fn module(&self) -> Vec<u8> {
        let mut data = String::new();
        for byte in &self.image.bytes {
            write!(data, "\\{byte:02x}").unwrap();
        }
        let heap = (self.image.base + self.image.bytes.len()).next_multiple_of(16);
        let pages = heap / 65_536 + 2;
        let Guest { items, configure, propose, assess, .. } = self;
        let wat = format!(
            r#"(module
              (import "pos:plugin/explain@0.1.0" "note" (func $note (param i32 i32 i32)))
              {items}
              (memory (export "memory") {pages})
              (data (i32.const {IMAGE_BASE}) "{data}")
              (global $heap (mut i32) (i32.const {heap}))
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
                (global.set $heap (i32.add (local.get $at) (local.get 3)))
                (block $enough (loop $more
                  (br_if $enough (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
                  (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
                  (br $more)))
                (local.get $at))
              (func (export "pos:plugin/lifecycle@0.1.0#configure") (param i32 i32) (result i32) {configure})
              (func (export "pos:plugin/discount@0.1.0#propose") (param i32) (result i32) {propose})
              (func (export "pos:plugin/tax@0.1.0#assess") (param i32) (result i32) {assess})
            )"#
        );
        wat::parse_str(&wat).unwrap()
    }

    pub(crate) fn component(&self) -> Vec<u8> {
        componentise(self.module(), &self.contract, self.imports, self.foreign, "export discount; export tax;")
    }

    /// The component with [`MANIFEST`] and no configuration.
    pub(crate) fn source(&self) -> ExtensionSource {
        source(self.component())
    }
}

/// Makes a component of a module.
pub(crate) fn componentise(
    mut module: Vec<u8>,
    contract: &Contract,
    imports: &str,
    foreign: &str,
    exports: &str,
) -> Vec<u8> {
    let mut resolve = contract.resolve.clone();
    if !foreign.is_empty() {
        resolve.push_str("foreign.wit", foreign).unwrap();
    }
    let exports = exports.replace("export ", "export pos:plugin/").replace(';', "@0.1.0;");
    let world = format!(
        "package test:guest; world guest {{ {imports} import pos:plugin/explain@0.1.0; \
         export pos:plugin/lifecycle@0.1.0; {exports} }}"
    );
    let package = resolve.push_str("guest.wit", &world).unwrap();
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

pub(crate) fn source(component: Vec<u8>) -> ExtensionSource {
    ExtensionSource {
        file: "plugins/test.wasm".into(),
        manifest: MANIFEST.to_owned(),
        code: component.into(),
        configuration: "{}".to_owned(),
    }
}

/// A message without arguments.
pub(crate) fn message(said: &str) -> Value {
    record([text(""), text(said), list([])])
}

pub(crate) fn hook_error(case: u32, said: &str) -> Value {
    crate::wire::case_of(case, message(said))
}

/// A proposal of nothing.
pub(crate) fn no_proposal() -> Value {
    record([list([]), list([]), list([]), list([]), list([])])
}
