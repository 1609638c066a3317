//! What plugins answer: taken whole if it makes sense, thrown away whole with the reason if not.

use crate::basket::{attr, snapshot, tax_input};
use crate::guest::{Guest, message};
use crate::loading::load;
use crate::wire::{Value, Value::Flag, Value::Int, case, case_of, list, none, ok, record, some, text};
use pos_api::port::{ExtensionFailure, FailureKind};
use pos_domain::pricing::proposal::*;
use pos_money::{Decimal, Money, Quantity, Rate, RoundingMode, Unit, UnitPrice};
use std::sync::Arc;

const EACH: u32 = 0;
const KG: u32 = 1;

fn decimal(coefficient: i64, scale: i64) -> Value {
    record([Int(coefficient), Int(scale)])
}

fn quantity(coefficient: i64, scale: i64, unit: u32) -> Value {
    record([decimal(coefficient, scale), case(unit)])
}

fn price(cents: i64, unit: u32) -> Value {
    record([decimal(cents, 2), quantity(1, 0, unit)])
}

fn portion(line: i64, qty: Value) -> Value {
    record([Int(line), qty])
}

fn rate_off(coefficient: i64, scale: i64) -> Value {
    case_of(1, decimal(coefficient, scale))
}

fn whole_order(effect: Value) -> Value {
    case_of(2, effect)
}

fn chosen(portions: Vec<Value>) -> Value {
    case_of(0, record([list(portions), rate_off(2, 1), list([])]))
}

fn slot(pool: &[i64], count: Value) -> Value {
    record([list(pool.iter().map(|line| Int(*line))), count, case(1), some(rate_off(1, 0))])
}

/// The fields of a candidate that hardly matter to a test, each with a place to change it.
struct CandidateValue {
    id: Value,
    shape: Value,
    cap: Value,
    codes: Value,
    label: Value,
}

impl Default for CandidateValue {
    fn default() -> Self {
        CandidateValue {
            id: text("happy-hour"),
            shape: whole_order(rate_off(2, 1)),
            cap: none(),
            codes: list([]),
            label: message("Happy hour"),
        }
    }
}

impl CandidateValue {
    fn value(self) -> Value {
        let CandidateValue { id, shape, cap, codes, label } = self;
        let requires = some(record([Int(5000), case(2), Flag(true)]));
        let limits = some(record([some(Int(3)), none(), some(Int(900))]));
        let (mode, group, priority, basis, spread) = (case(0), some(text("bar")), Int(-4), case(1), case(2));
        let attrs = list([record([text("source"), case_of(2, decimal(15, 1))])]);
        record([id, shape, mode, group, priority, basis, spread, requires, cap, limits, codes, label, attrs])
    }
}

fn proposal(candidates: Value) -> Value {
    record([candidates, list([]), list([]), list([]), list([])])
}

fn asked(proposal: Value) -> Result<Proposal, ExtensionFailure> {
    let mut guest = Guest::new();
    guest.answers_proposal(&ok(proposal));
    load(&guest).propose(Stage::Order, &Arc::new(snapshot(10)))
}

fn check_thrown_away(proposal: Value, word: &str) {
    let failure = asked(proposal).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidOutput, "{failure}");
    assert!(failure.message.contains(word), "no \"{word}\" in: {failure}");
}

#[test]
fn a_whole_proposal_arrives_as_it_was_meant() {
    let deal =
        case_of(1, record([list([slot(&[2, 3], quantity(2, 0, EACH))]), some(case_of(3, Int(1000))), some(Int(4))]));
    let candidates = list([
        CandidateValue { cap: some(Int(700)), codes: list([text("SPRING")]), ..CandidateValue::default() }.value(),
        CandidateValue {
            id: text("apples"),
            shape: chosen(vec![portion(1, quantity(250, 3, KG))]),
            ..CandidateValue::default()
        }
        .value(),
        CandidateValue { id: text("deal"), shape: deal, ..CandidateValue::default() }.value(),
        CandidateValue {
            id: text("fixed"),
            shape: whole_order(case_of(2, price(499, EACH))),
            ..CandidateValue::default()
        }
        .value(),
    ]);
    let grants =
        list([record([text("gift"), list([text("SKU-9")]), quantity(1, 0, EACH), rate_off(1, 0), Flag(true)])]);
    let notices = list([record([case(1), message("Ask for the card"), list([Int(2)])])]);
    let near_misses = list([record([text("3for2"), message("1 more")])]);
    let attrs = list([record([text("facts"), case_of(4, list([text("a"), text("b")]))])]);
    let got = asked(record([candidates, grants, notices, near_misses, attrs])).unwrap();

    let rate_off = |coefficient, scale| Effect::RateOff(Rate::from_fraction(Decimal::new(coefficient, scale)));
    let first = Candidate {
        id: "happy-hour".into(),
        shape: Shape::WholeOrder(rate_off(2, 1)),
        mode: Mode::Exclusive,
        group: Some("bar".into()),
        priority: -4,
        basis: Basis::Payable,
        spread: Spread::EachUnit,
        requires: Some(Requirement { min: Money::from_minor(5000), basis: RequirementBasis::Payable, left: true }),
        cap: Some(Money::from_minor(700)),
        limits: Some(Limits { uses: Some(3), uses_per_customer: None, money: Some(Money::from_minor(900)) }),
        consumes_codes: vec!["SPRING".into()],
        label: Message::text("Happy hour"),
        attrs: vec![attr("source", AttrValue::Number(Decimal::new(15, 1)))],
    };
    let other =
        |id: &str, shape| Candidate { id: id.into(), shape, cap: None, consumes_codes: Vec::new(), ..first.clone() };
    let apples = Chosen {
        portions: vec![Portion { line: 1, qty: Quantity::new(Decimal::new(250, 3), Unit::Kg) }],
        effect: rate_off(2, 1),
        qualifies_on: Vec::new(),
    };
    let deal = Deal {
        slots: vec![Slot {
            pool: vec![2, 3],
            count: Quantity::pieces(2),
            pick: Pick::Cheapest,
            effect: Some(rate_off(1, 0)),
        }],
        together: Some(Effect::BundlePrice(Money::from_minor(1000))),
        repeat_max: Some(4),
    };
    let expected = Proposal {
        candidates: vec![
            first.clone(),
            other("apples", Shape::Portions(apples)),
            other("deal", Shape::Deal(deal)),
            other("fixed", Shape::WholeOrder(Effect::FixedPrice(UnitPrice::each(Decimal::new(499, 2))))),
        ],
        grants: vec![Grant {
            offer: "gift".into(),
            items: vec!["SKU-9".into()],
            qty: Quantity::pieces(1),
            effect: rate_off(1, 0),
            automatic: true,
        }],
        notices: vec![Notice {
            severity: Severity::Warning,
            message: Message::text("Ask for the card"),
            lines: vec![2],
        }],
        near_misses: vec![NearMiss { offer: "3for2".into(), missing: Message::text("1 more") }],
        attrs: vec![attr("facts", AttrValue::Texts(vec!["a".into(), "b".into()]))],
    };
    assert_eq!(got, expected);
}

#[test]
fn candidates_that_make_no_sense_cost_the_whole_proposal() {
    let shapes = [
        (chosen(vec![portion(77, quantity(1, 0, EACH))]), "line 77, which is not in the basket"),
        (chosen(vec![portion(0, quantity(1, 0, EACH))]), "line 0, which is not in the basket"),
        (chosen(vec![portion(2, quantity(3, 0, EACH))]), "portion 3 is not a part of line 2, which has 2"),
        (chosen(vec![portion(2, quantity(0, 0, EACH))]), "portion 0 is not a part"),
        (chosen(vec![portion(2, quantity(-1, 0, EACH))]), "portion -1 is not a part"),
        (chosen(vec![portion(1, quantity(1, 0, EACH))]), "portion 1 is not a part of line 1, which has 0.482 kg"),
        (chosen(vec![portion(2, quantity(1, 0, EACH)), portion(2, quantity(1, 0, EACH))]), "line 2 twice"),
        (case_of(1, record([list([]), none(), none()])), "deal has no slots"),
        (case_of(1, record([list([slot(&[2, 99], quantity(1, 0, EACH))]), none(), none()])), "line 99"),
        (case_of(1, record([list([slot(&[2], quantity(0, 0, EACH))]), none(), none()])), "count of a slot is 0"),
        (whole_order(rate_off(11, 1)), "rate off is 1.1"),
        (whole_order(rate_off(-1, 1)), "rate off is -0.1"),
        (whole_order(rate_off(1, 10)), "10 decimal places"),
        (whole_order(rate_off(i64::MAX, 0)), "rate off is 9223372036854775807"),
        (whole_order(case_of(0, Int(-500))), "amount off is below zero"),
        (whole_order(case_of(3, Int(-1))), "bundle price is below zero"),
        (whole_order(case_of(2, price(-1, EACH))), "fixed price is -0.01"),
        (
            whole_order(case_of(2, record([decimal(1, 0), quantity(0, 0, EACH)]))),
            "fixed price is 0; it has to be above zero",
        ),
    ];
    for (shape, word) in shapes {
        check_thrown_away(proposal(list([CandidateValue { shape, ..CandidateValue::default() }.value()])), word);
    }
    let others = [
        (CandidateValue { id: text(""), ..CandidateValue::default() }, "empty or not unique"),
        (CandidateValue { cap: some(Int(-1)), ..CandidateValue::default() }, "cap is below zero"),
        (
            CandidateValue { codes: list([text("AUTUMN")]), ..CandidateValue::default() },
            "\"AUTUMN\", which was not scanned",
        ),
        (CandidateValue { label: message("\u{1b}p\0"), ..CandidateValue::default() }, "control characters"),
    ];
    for (candidate, word) in others {
        check_thrown_away(proposal(list([candidate.value()])), word);
    }
    check_thrown_away(
        proposal(list([CandidateValue::default().value(), CandidateValue::default().value()])),
        "not unique",
    );
    let grant = record([text("gift"), list([]), quantity(1, 0, EACH), rate_off(1, 0), Flag(true)]);
    check_thrown_away(record([list([]), list([grant]), list([]), list([]), list([])]), "names no article");
}

#[test]
fn answers_are_limited_in_number_and_size() {
    let notice = || record([case(0), message("Bring a bag"), list([])]);
    let notices = |count| record([list([]), list([]), Value::Times(count, Box::new(notice())), list([]), list([])]);
    assert_eq!(asked(notices(500)).unwrap().notices.len(), 500);
    check_thrown_away(notices(501), "501 notices, 500 are allowed");
    let candidates = Value::Times(501, Box::new(CandidateValue::default().value()));
    check_thrown_away(proposal(candidates), "501 candidates, 500 are allowed");
    let label = |key: &str, said: &str| record([text(&key.repeat(40_000)), text(&said.repeat(40_000)), list([])]);
    let labelled = |label: Value| proposal(list([CandidateValue { label, ..CandidateValue::default() }.value()]));
    // What is said twice is kept and counted once.
    assert_eq!(asked(labelled(label("x", "x"))).unwrap().candidates.len(), 1);
    check_thrown_away(labelled(label("x", "y")), "longer than 65536 bytes in all");
    // A list of so many elements that the host would need megabytes for it: refused before it is allocated.
    check_thrown_away(notices(80_000), "too much data");
}

#[test]
fn a_stage_that_is_not_declared_is_not_asked() {
    let mut guest = Guest::new();
    guest.before_propose("unreachable");
    let plugin = load(&guest);
    assert_eq!(plugin.propose(Stage::Shop, &Arc::new(snapshot(2))), Ok(Proposal::default()));
    assert_eq!(plugin.propose(Stage::Line, &Arc::new(snapshot(2))).unwrap_err().kind, FailureKind::Trap);
}

fn component(line: i64, levy: Value, taxed: Value, tax_max: Value) -> Value {
    let (jurisdiction, code) = (text("CH"), text("VAT"));
    let exempt = some(message("Export"));
    record([Int(line), jurisdiction, code, levy, Flag(true), Flag(false), Flag(true), taxed, tax_max, exempt, list([])])
}

fn percent(coefficient: i64, scale: i64) -> Value {
    case_of(0, decimal(coefficient, scale))
}

fn rounding(increment: i64) -> Value {
    record([some(text("CH")), case(1), case(4), Int(increment), case(1)])
}

fn assessed(components: Value, rounding: Value) -> Result<Assessment, ExtensionFailure> {
    let mut guest = Guest::new();
    let notes = list([message("Tax number CHE-123")]);
    guest.answers_assessment(&ok(record([components, rounding, notes, list([])])));
    let mut input = tax_input(3);
    input.taxables.retain(|taxable| taxable.line != 3);
    load(&guest).assess(&input)
}

#[test]
fn a_whole_assessment_arrives_as_it_was_meant() {
    let components = list([
        component(1, percent(26, 3), case(0), none()),
        component(2, case_of(1, price(35, EACH)), case_of(1, decimal(5, 1)), some(Int(99))),
        component(2, case_of(2, decimal(18, 2)), case_of(2, price(11_000, EACH)), none()),
    ]);
    let got = assessed(components, list([rounding(5)])).unwrap();
    let fraction = |coefficient, scale| Rate::from_fraction(Decimal::new(coefficient, scale));
    let first = TaxComponent {
        line: 1,
        jurisdiction: "CH".into(),
        code: "VAT".into(),
        levy: Levy::Percent(fraction(26, 3)),
        included: true,
        affects_next_base: false,
        base_affected: true,
        taxed: Taxed::Whole,
        tax_max: None,
        exempt: Some(Message::text("Export")),
        attrs: Vec::new(),
    };
    let second = TaxComponent {
        line: 2,
        levy: Levy::PerUnit(UnitPrice::each(Decimal::new(35, 2))),
        taxed: Taxed::Share(fraction(5, 1)),
        tax_max: Some(Money::from_minor(99)),
        ..first.clone()
    };
    let third = TaxComponent {
        line: 2,
        levy: Levy::Division(fraction(18, 2)),
        taxed: Taxed::Above(UnitPrice::each(Decimal::new(11_000, 2))),
        ..first.clone()
    };
    let expected = Assessment {
        components: vec![first, second, third],
        rounding: vec![TaxRounding {
            jurisdiction: Some("CH".into()),
            level: TaxLevel::PerJurisdiction,
            mode: RoundingMode::Down,
            increment: Money::from_minor(5),
            included: IncludedPolicy::FromBase,
        }],
        receipt_notes: vec![Message::text("Tax number CHE-123")],
        attrs: Vec::new(),
    };
    assert_eq!(got, expected);
}

#[test]
fn taxes_that_make_no_sense_cost_the_whole_assessment() {
    let check = |components: Value, rule: Value, word: &str| {
        let failure = assessed(components, list([rule])).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidOutput, "{failure}");
        assert!(failure.message.contains(word), "no \"{word}\" in: {failure}");
    };
    let of_components = [
        (component(3, percent(81, 3), case(0), none()), "taxes line 3, which was not asked for"),
        (component(44, percent(81, 3), case(0), none()), "taxes line 44"),
        (component(1, percent(81, 0), case(0), none()), "rate is 81; it has to be a fraction"),
        (component(1, percent(-81, 3), case(0), none()), "rate is -0.081"),
        (component(1, percent(81, 255), case(0), none()), "255 decimal places"),
        (component(1, case_of(1, price(-1, EACH)), case(0), none()), "amount per unit is -0.01"),
        (component(1, case_of(2, decimal(1, 0)), case(0), none()), "the whole price"),
        (component(1, percent(0, 0), case_of(1, decimal(2, 0)), none()), "taxed share is 2"),
        (component(1, percent(0, 0), case(0), some(Int(-1))), "highest tax is below zero"),
    ];
    for (component, word) in of_components {
        check(list([component]), rounding(1), word);
    }
    for increment in [0, -5, i64::MIN, i64::MAX] {
        check(list([]), rounding(increment), "rounds to a multiple of");
    }
    let many = Value::Times(33, Box::new(component(1, percent(81, 3), case(0), none())));
    check(many, rounding(1), "33 taxes for 2 lines, 32 are allowed");
}
