//! The `export!` macro and what it expands to.
//!
//! For `wasm32` it emits the canonical-ABI exports of `lifecycle` and of the hooks named, and of nothing else: a
//! component offers only what it implements. For any other target it emits no code and only checks that the traits
//! are there, so that a plugin crate is an ordinary library to `cargo test`.
//!
//! The configured plugin lives in a [`Slot`]; its memory after `configure` is what the host takes as the starting
//! image of every call. A new hook needs: its trait in [`crate::hooks`], its types, a function here, an arm in
//! `__export_hook!`, and its interface in the world of [`crate::bindings`].

use crate::basket::Basket;
use crate::bindings::exports::pos::plugin as wire;
use crate::bindings::pos::plugin::types;
use crate::hooks::{DiscountHook, Plugin, TaxHook};
use crate::message::HookError;
use crate::tax::TaxInput;
use std::cell::RefCell;

/// Where the configured plugin lives. A component has one thread, so a cell is enough.
pub struct Slot<P>(RefCell<Option<P>>);

impl<P: Plugin> Slot<P> {
    /// Not configured yet.
    pub const fn empty() -> Self {
        Slot(RefCell::new(None))
    }

    /// `lifecycle.configure`. A failure leaves what was configured before.
    pub fn configure(&self, config_json: &str) -> Result<(), types::HookError> {
        // A panic ends in a trap that says nothing; its words go to the trace first.
        #[cfg(target_arch = "wasm32")]
        std::panic::set_hook(Box::new(|panic| crate::explain::warn(&panic.to_string())));
        let plugin = P::configure(config_json).map_err(HookError::into_wire)?;
        *self.0.borrow_mut() = Some(plugin);
        Ok(())
    }

    fn with<T>(&self, hook: impl FnOnce(&P) -> Result<T, HookError>) -> Result<T, types::HookError> {
        match &*self.0.borrow() {
            Some(plugin) => hook(plugin),
            None => Err(HookError::invalid_configuration("the plugin was called before it was configured")),
        }
        .map_err(HookError::into_wire)
    }
}

impl<P: DiscountHook> Slot<P> {
    /// `discount.propose`.
    pub fn propose(
        &self,
        stage: wire::discount::Stage,
        basket: types::Basket,
    ) -> Result<wire::discount::Proposal, types::HookError> {
        self.with(|plugin| plugin.propose(stage.into(), &Basket::from_wire(basket)?)?.into_wire())
    }
}

impl<P: TaxHook> Slot<P> {
    /// `tax.assess`.
    pub fn assess(&self, input: wire::tax::Input) -> Result<wire::tax::Assessment, types::HookError> {
        self.with(|plugin| plugin.assess(&TaxInput::from_wire(input)?)?.into_wire())
    }
}

/// Makes the crate a component: `export!(MyPlugin: discount, tax);` offers the hooks named, each of which must be
/// implemented ([`DiscountHook`], [`TaxHook`]).
#[macro_export]
macro_rules! export {
    ($plugin:ty : $($hook:ident),+ $(,)?) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            ::std::thread_local! {
                static CONFIGURED: $crate::export::Slot<$plugin> = const { $crate::export::Slot::empty() };
            }
            struct Component;
            impl $crate::bindings::exports::pos::plugin::lifecycle::Guest for Component {
                fn configure(
                    config_json: ::std::string::String,
                ) -> ::core::result::Result<(), $crate::bindings::pos::plugin::types::HookError> {
                    CONFIGURED.with(|slot| slot.configure(&config_json))
                }
            }
            $crate::__export_pos_plugin_lifecycle_0_1_0_cabi!(
                Component with_types_in $crate::bindings::exports::pos::plugin::lifecycle
            );
            $( $crate::__export_hook!($hook: Component, CONFIGURED); )+
        };
        #[cfg(not(target_arch = "wasm32"))]
        $( $crate::__check_hook!($hook: $plugin); )+
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_hook {
    (discount: $component:ident, $configured:ident) => {
        impl $crate::bindings::exports::pos::plugin::discount::Guest for $component {
            fn propose(
                stage: $crate::bindings::exports::pos::plugin::discount::Stage,
                basket: $crate::bindings::pos::plugin::types::Basket,
            ) -> ::core::result::Result<
                $crate::bindings::exports::pos::plugin::discount::Proposal,
                $crate::bindings::pos::plugin::types::HookError,
            > {
                $configured.with(|slot| slot.propose(stage, basket))
            }
        }
        $crate::__export_pos_plugin_discount_0_1_0_cabi!(
            $component with_types_in $crate::bindings::exports::pos::plugin::discount
        );
    };
    (tax: $component:ident, $configured:ident) => {
        impl $crate::bindings::exports::pos::plugin::tax::Guest for $component {
            fn assess(
                input: $crate::bindings::exports::pos::plugin::tax::Input,
            ) -> ::core::result::Result<
                $crate::bindings::exports::pos::plugin::tax::Assessment,
                $crate::bindings::pos::plugin::types::HookError,
            > {
                $configured.with(|slot| slot.assess(input))
            }
        }
        $crate::__export_pos_plugin_tax_0_1_0_cabi!(
            $component with_types_in $crate::bindings::exports::pos::plugin::tax
        );
    };
    ($other:ident: $component:ident, $configured:ident) => {
        ::core::compile_error!(::core::concat!("no hook \"", ::core::stringify!($other), "\"; there are: discount, tax"));
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __check_hook {
    (discount: $plugin:ty) => {
        const _: () = {
            const fn implements<P: $crate::hooks::DiscountHook>() {}
            implements::<$plugin>()
        };
    };
    (tax: $plugin:ty) => {
        const _: () = {
            const fn implements<P: $crate::hooks::TaxHook>() {}
            implements::<$plugin>()
        };
    };
    ($other:ident: $plugin:ty) => {
        ::core::compile_error!(::core::concat!(
            "no hook \"",
            ::core::stringify!($other),
            "\"; there are: discount, tax"
        ));
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discount::{Candidate, Effect, Proposal, Stage};
    use crate::testing;
    use pos_money::Money;

    struct Echo(String);

    impl Plugin for Echo {
        fn configure(config_json: &str) -> Result<Self, HookError> {
            if config_json.is_empty() {
                Err(HookError::invalid_configuration("empty"))
            } else {
                Ok(Echo(config_json.into()))
            }
        }
    }

    impl DiscountHook for Echo {
        fn propose(&self, _stage: Stage, basket: &Basket) -> Result<Proposal, HookError> {
            if basket.lines.is_empty() {
                return Err(HookError::refused("nothing to discount"));
            }
            Ok(Candidate::on_whole_order(&self.0, "Echo", Effect::AmountOff(Money::from_minor(1))).into())
        }
    }

    crate::export!(Echo: discount);

    #[test]
    fn a_slot_answers_only_once_configured_and_keeps_the_last_good_configuration() {
        let slot = Slot::<Echo>::empty();
        let basket = || testing::basket("EUR", "2026-11-18 17:30").sell("ALE", 2, "5.90").to_wire();
        let stage = wire::discount::Stage::Order;
        assert!(matches!(slot.propose(stage, basket()), Err(types::HookError::InvalidConfig(_))));
        assert!(slot.configure("first").is_ok());
        assert!(matches!(slot.configure(""), Err(types::HookError::InvalidConfig(_))));
        let proposal = slot.propose(stage, basket()).unwrap();
        assert_eq!(proposal.candidates[0].id, "first");
        let empty = testing::basket("EUR", "2026-11-18 17:30").to_wire();
        let Err(types::HookError::Refused(message)) = slot.propose(stage, empty) else { panic!("not refused") };
        assert_eq!(message.text, "nothing to discount");
    }
}
