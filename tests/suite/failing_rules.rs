//! A failing, lying or looping rule costs its own proposal, never the sale. (lessons 58)

use pos_api::Command;
use pos_api::port::{Extension, ExtensionAbout, ExtensionFailure, FailureKind, Runtime};
use pos_domain::pricing::proposal::{Assessment, Proposal, Snapshot, Stage, TaxInput};
use pos_tests::shop::{TestShop, demo_recipe, tax_table};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Fails every time it is asked, and counts how often that is.
struct Failing {
    about: ExtensionAbout,
    kind: FailureKind,
    asked: Arc<AtomicU32>,
}

impl Extension for Failing {
    fn about(&self) -> &ExtensionAbout {
        &self.about
    }

    fn propose(&self, _: Stage, _: &Arc<Snapshot>) -> Result<Proposal, ExtensionFailure> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.kind == FailureKind::Trap {
            panic!("a host that panics is rolled back too");
        }
        Err(ExtensionFailure { kind: self.kind, message: "out of fuel".into(), diagnostic: None })
    }

    fn assess(&self, _: &TaxInput) -> Result<Assessment, ExtensionFailure> {
        Err(ExtensionFailure { kind: FailureKind::NotOffered, message: "no tax".into(), diagnostic: None })
    }
}

fn failing(kind: FailureKind) -> (Arc<dyn Extension>, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let about = ExtensionAbout {
        id: "looping".into(),
        name: "Looping".into(),
        version: "1".into(),
        runtime: Runtime::Component,
        content_hash: "0".into(),
        discount_stages: vec![Stage::Line],
        assesses_tax: false,
        priority: 0,
    };
    (Arc::new(Failing { about, kind, asked: Arc::clone(&asked) }), asked)
}

#[test]
fn a_looping_rule_is_named_quarantined_and_never_stops_a_sale() {
    let folder = tempfile::tempdir().unwrap();
    let (rule, asked) = failing(FailureKind::OutOfFuel);
    let recipe = demo_recipe(vec![tax_table(None).unwrap(), rule]).unwrap();
    let mut shop = TestShop::open(folder.path(), recipe).unwrap();
    for _ in 0..5 {
        let view = shop.scan("4006381333931").view.unwrap();
        assert_eq!(view.unavailable, ["Looping"], "the tender button can say so");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 3, "after three failures it is not asked any more");
    assert!(shop.call(Command::TenderCash { basket: None, amount: None }).refused.is_none());
    assert_eq!(shop.call(Command::Complete { basket: None }).number, Some(1));
}

#[test]
fn a_panic_rolls_the_command_back_and_the_register_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (rule, _) = failing(FailureKind::Trap);
    let recipe = demo_recipe(vec![tax_table(None).unwrap(), rule]).unwrap();
    let mut shop = TestShop::open(folder.path(), recipe).unwrap();
    let refused = shop.scan("4006381333931").refused.unwrap();
    assert_eq!(refused.code, "check_failed");
    let report = shop.call(Command::XReport).report.unwrap();
    assert_eq!(report.sales, 0, "the register still answers");
}
