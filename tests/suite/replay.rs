//! `pos replay-baskets` on invented baskets: every figure, a second run, and the journal afterwards.

use pos_tests::baskets::invent;
use pos_tests::program::pos;
use serde_json::Value;

fn run(arguments: &[&str]) -> (Option<i32>, Value, String) {
    let output = pos().unwrap().args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or(Value::Null);
    (output.status.code(), json, errors)
}

fn text(cents: i64) -> Value {
    let sign = if cents < 0 { "-" } else { "" };
    Value::String(format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100))
}

#[test]
fn a_replayed_file_adds_up_and_is_rung_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("baskets.jsonl");
    let (baskets, expected) = invent(300, 7);
    std::fs::write(&file, baskets).unwrap();
    let (file, data) = (file.to_str().unwrap(), folder.path().join("shop"));
    let data = data.to_str().unwrap();

    let (status, figures, errors) = run(&["replay-baskets", file, "--data", data, "--json"]);
    assert_eq!(status, Some(0), "{errors}");
    assert_eq!(figures["baskets"], expected.baskets);
    assert_eq!(figures["lines"], expected.lines);
    assert_eq!(figures["net"], text(expected.net_cents));
    assert_eq!(figures["discounts"], text(expected.discount_cents));
    assert_eq!(figures["gross"], text(expected.net_cents + expected.discount_cents));
    assert_eq!(figures["tenders"]["coupon"], text(expected.coupon_cents));
    assert_eq!(figures["tenders"]["cash"], text(expected.net_cents - expected.coupon_cents));
    assert_eq!(figures["coupon_unused"], text(expected.coupon_unused_cents));
    assert_eq!(figures["refusals"], serde_json::json!([]));
    assert!(figures["departments"]["UNKNOWN"].is_string(), "a null department is UNKNOWN");

    let (status, verified, errors) = run(&["journal", "verify", "--data", data, "--json"]);
    assert_eq!(status, Some(0), "{errors}");
    assert_eq!((&verified["verified"], &verified["last_number"]), (&Value::Bool(true), &Value::from(300)));

    let (status, again, _) = run(&["replay-baskets", file, "--data", data, "--json"]);
    assert_eq!(status, Some(1));
    assert_eq!(again["baskets"], 0);
    assert_eq!(again["refusals"].as_array().unwrap().len(), 300);
    assert!(again["refusals"][0]["reason"].as_str().unwrap().starts_with("already_rung"));
}
