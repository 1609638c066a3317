//! The contract as `wit-bindgen` spells it: raw records and the canonical ABI. Authors never see these; `wire.rs`
//! turns them into the types of this crate and back.
//!
//! One world holds every hook this SDK knows. What a component exports in the end is decided by the `export!` macro
//! (it emits only the chosen interfaces) and by `pos-plugin-build` (it reads what was emitted).
#![allow(unsafe_code, reason = "generated: the canonical ABI passes pointers into the module's own memory")]
#![allow(unreachable_pub, dead_code, clippy::all, reason = "generated code is not ours to shape")]
#![allow(clippy::allow_attributes_without_reason, reason = "generated code is not ours to shape")]

wit_bindgen::generate!({
    path: "../wit",
    inline: "
        package pos:sdk;
        world guest {
            import pos:plugin/explain@0.1.0;
            export pos:plugin/lifecycle@0.1.0;
            export pos:plugin/discount@0.1.0;
            export pos:plugin/tax@0.1.0;
        }
    ",
    world: "pos:sdk/guest",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export_every_hook",
});
