//! Journals written here by hand, whole and spoilt.

use crate::{Anchor, GENESIS, Hash, Report, Trust, verify};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

/// A journal under construction.
struct Journal {
    text: String,
    seq: u64,
    number: u64,
    head: Hash,
}

impl Journal {
    fn new() -> Journal {
        let mut journal = Journal { text: String::new(), seq: 0, number: 0, head: GENESIS };
        journal.shift(1);
        journal
    }

    /// A shop's day: a shift, some sales.
    fn of(sales: i64) -> Journal {
        let mut journal = Journal::new();
        (1..=sales).for_each(|sale| journal.sale(100 * sale + 19));
        journal
    }

    fn record(&mut self, kind: &str, number: Option<u64>, content: &str) {
        self.seq += 1;
        let seq = self.seq;
        let own = number.map(|number| format!(r#""number":{number},"#)).unwrap_or_default();
        let body = format!(r#"{{"kind":"{kind}",{own}"seq":{seq},{content},"version":1}}"#);
        let hash = Sha256::new_with_prefix(b"pos-journal-record-v1\0").chain_update(self.head).chain_update(&body);
        let previous = std::mem::replace(&mut self.head, hash.finalize().into());
        let number = number.map_or("null".to_owned(), |number| number.to_string());
        self.text += &format!(
            "{{\"seq\":{seq},\"kind\":\"{kind}\",\"number\":{number},\"hash\":\"{}\",\"previous\":\"{}\",\"body\":{body}}}\n",
            hex::encode(self.head),
            hex::encode(previous),
        );
    }

    fn shift(&mut self, shift: u64) {
        let content = format!(
            r#""shift":{{"currency":"EUR","entries":[{{"account":"till:cash","debit":500}},{{"account":"safe","credit":500}}],"float":500,"register":"R1","shift":{shift},"store":"S1"}}"#
        );
        self.record("shift-opened", None, &content);
    }

    /// The closing of a shift with these sales, and all before it.
    fn close(&mut self, shift: u64, (sales, total): (u64, i64), (closings, all_sales, all): (u64, u64, i64)) {
        let figures = |sales: u64, total: i64| {
            format!(r#""cancelled":0,"returns":0,"sales":{sales},"tax":{},"total":{total}"#, total / 11)
        };
        let (totals, grand) = (figures(sales, total), figures(all_sales, all));
        let expected = total + 500;
        let content = format!(
            r#""closing":{{"currency":"EUR","entries":[{{"account":"safe","debit":{}}},{{"account":"over-short","debit":3}},{{"account":"till:cash","credit":{expected}}}],"grand":{{"closings":{closings},{grand}}},"register":"R1","shift":{shift},"store":"S1","tenders":[{{"counted":{},"expected":{expected},"tender":"cash"}}],"totals":{{{totals}}}}}"#,
            expected - 3,
            expected - 3,
        );
        self.record("shift-closed", None, &content);
        self.anchor(&SigningKey::from_bytes(&[1; 32]));
    }

    /// The closing of a day or a month over these shifts, with these sales, and all there were by then.
    fn period(
        &mut self,
        name: &str,
        number: u64,
        shifts: (u64, u64),
        (sales, total): (u64, i64),
        grand: (u64, u64, i64),
    ) {
        let figures = |sales: u64, total: i64| {
            format!(r#""cancelled":0,"returns":0,"sales":{sales},"tax":{},"total":{total}"#, total / 11)
        };
        let (closings, all_sales, all) = grand;
        let (of_period, of_all) = (figures(sales, total), figures(all_sales, all));
        let (first, last) = shifts;
        let content = format!(
            r#""period":{{"currency":"EUR","figures":{{{of_period}}},"grand":{{"closings":{closings},{of_all}}},"number":{number},"period":"{name}","register":"R1","shifts":[{first},{last}],"store":"S1"}}"#
        );
        self.record(&format!("{name}-closed"), None, &content);
    }

    /// A sale with a tenth of tax in it, ten points earned.
    fn sale(&mut self, total: i64) {
        let tax = total / 11;
        let net = total - tax;
        self.number += 1;
        let content = format!(
            r#""transaction":{{"change":0,"currency":"EUR","discount":0,"entries":[{{"account":"till:cash","debit":{total}}},{{"account":"sales","credit":{net}}},{{"account":"tax:T","credit":{tax}}},{{"account":"points-granted","debit":10,"unit":"points"}},{{"account":"points:c","credit":10,"unit":"points"}}],"gross":{total},"kind":"sale","lines":[{{"gross":{total},"net":{total},"paid":{total},"taxes":[{{"amount":{tax}}}]}},{{"gross":7,"net":7,"paid":7,"voided":true}}],"register":"R1","rounding":0,"shift":1,"store":"S1","taxes":[{{"amount":{tax}}}],"tenders":[{{"amount":{total}}}],"total":{total},"total_excluded":{net},"total_tax":{tax},"version":1}}"#
        );
        self.record("sale", Some(self.number), &content);
    }

    fn signed(&self, key: &SigningKey) -> String {
        let hash = hex::encode(self.head);
        let anchor = format!(r#"{{"hash":"{hash}","register":"R1","seq":{},"store":"S1","version":1}}"#, self.seq);
        let signature = key.sign(&[b"pos-journal-anchor-v1\0", anchor.as_bytes()].concat());
        let (key, signature) = (hex::encode(key.verifying_key().as_bytes()), hex::encode(signature.to_bytes()));
        format!(r#"{{"anchor":{anchor},"key":"{key}","signature":"{signature}"}}"#)
    }

    fn anchor(&mut self, key: &SigningKey) {
        let signed = self.signed(key);
        self.record("anchor", None, &format!(r#""signed":{signed}"#));
    }

    fn printed(&self) -> Anchor {
        Anchor { seq: self.seq, digits: hex::encode(self.head)[..32].to_owned() }
    }

    fn end(&self) -> String {
        let end = format!(r#"{{"end":{{"records":{},"head":"{}"}}}}"#, self.seq, hex::encode(self.head));
        format!("{}{end}\n", self.text)
    }
}

fn report(journal: &str) -> Report {
    verify(journal.as_bytes(), &Trust::default()).unwrap()
}

fn wrong(journal: &str, trust: &Trust) -> Vec<String> {
    verify(journal.as_bytes(), trust).unwrap().problems.into_iter().map(|problem| problem.what).collect()
}

#[test]
fn a_journal_adds_up() {
    let journal = Journal::of(20);
    let report = report(&journal.end());
    assert!(report.is_verified(), "{report:?}");
    assert_eq!((report.records, report.receipts, report.head), (21, 20, journal.head));
    // 20 sales of 119, 219 … 2019, and the float.
    assert_eq!(report.balances["till:cash"][""], 21_380 + 500);
    assert_eq!(report.balances["points:c"]["points"], -200);
    assert!(verify([].as_slice(), &Trust::default()).unwrap().problems[0].what.starts_with("The end is missing"));
}

/// Any byte, changed into any other, is found.
#[test]
fn every_changed_byte_is_found() {
    let journal = Journal::of(2).end().into_bytes();
    for place in 0..journal.len() {
        for other in [b' ', b'0', b'9', b'a', b'}', b'\n', 0xff, journal[place] ^ 0x20, journal[place] ^ 1] {
            let mut spoilt = journal.clone();
            spoilt[place] = other;
            if spoilt != journal {
                let report = verify(spoilt.as_slice(), &Trust::default()).unwrap();
                assert!(!report.is_verified(), "byte {place} as {other}");
            }
        }
    }
}

#[test]
fn records_that_are_gone_moved_or_told_twice_are_found() {
    let journal = Journal::of(5).end();
    let lines: Vec<&str> = journal.split_inclusive('\n').collect();
    let mut spoilt: Vec<Vec<&str>> = Vec::new();
    for place in 0..lines.len() {
        spoilt.push([&lines[..place], &lines[place + 1..]].concat());
        spoilt.push(lines[..place].to_vec());
        spoilt.push([&lines[..=place], &lines[place..]].concat());
        if place + 1 < lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(place, place + 1);
            spoilt.push(swapped);
        }
    }
    for lines in spoilt {
        assert!(!report(&lines.concat()).is_verified(), "{lines:?}");
    }
    for cut in 0..journal.len() {
        assert!(!report(&journal[..cut]).is_verified(), "cut at {cut}");
    }
}

/// Whoever can write the whole journal anew can make it look right; not to somebody who kept an anchor or the key.
#[test]
fn a_forgery_is_found_from_outside() {
    let (own, forgers) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
    let book = |third: i64, key: &SigningKey| {
        let mut journal = Journal::of(2);
        journal.sale(third);
        journal.anchor(key);
        journal.sale(500);
        journal
    };
    let (honest, forged) = (book(900, &own), book(100, &forgers));
    let key = hex::encode(own.verifying_key().as_bytes());
    let by_key = Trust::default().with_key(&key).unwrap();
    let by_print = Trust { anchors: vec![honest.printed()], ..Trust::default() };
    let by_delivery = Trust::default().with_anchors(&honest.signed(&own)).unwrap();
    for trust in [&by_key, &by_print, &by_delivery] {
        assert_eq!(wrong(&honest.end(), trust), [""; 0]);
        assert!(!wrong(&forged.end(), trust).is_empty());
    }
    assert!(report(&forged.end()).is_verified(), "nothing inside tells it");

    // The forger cannot sign with the register's key, nor take the honest signature over.
    let mut patched = Journal::of(2);
    patched.sale(100);
    let signed = {
        let mut honest = Journal::of(2);
        honest.sale(900);
        honest.signed(&own)
    };
    patched.record("anchor", None, &format!(r#""signed":{signed}"#));
    let problems = wrong(&patched.end(), &by_key);
    assert!(problems[0].contains("signs another record"), "{problems:?}");
    patched = Journal::of(3);
    patched.record("anchor", None, &format!(r#""signed":{}"#, signed.replace("\"seq\":4", "\"seq\":5")));
    let problems = wrong(&patched.end(), &by_key);
    assert!(problems.iter().any(|problem| problem.contains("a signature that is not")), "{problems:?}");

    // An anchor beyond the end says that records were cut off.
    let short = Journal::of(2);
    assert!(wrong(&short.end(), &by_print)[0].contains("which is not there"));
    assert!(wrong(&short.end(), &by_key)[0].contains("nothing here is signed"));
}

/// A day of two shifts, the totals of the second closing going on from those of the first.
fn two_shifts(change: impl Fn(&mut Journal, u64)) -> Vec<String> {
    let mut journal = Journal::of(1);
    change(&mut journal, 1);
    journal.close(1, (1, 119), (1, 1, 119));
    change(&mut journal, 2);
    journal.shift(2);
    change(&mut journal, 3);
    journal.close(2, (0, 0), (2, 1, 119));
    change(&mut journal, 4);
    wrong(&journal.end(), &Trust::default())
}

#[test]
fn closings_have_the_figures_of_their_shifts() {
    assert_eq!(two_shifts(|_, _| ()), [""; 0]);
    // 219 more in the first shift than its closing says.
    let more = two_shifts(|journal, place| {
        if place == 1 {
            journal.sale(219)
        }
    });
    assert_eq!(more, ["Record 4 closes shift 1 with other figures than its records have."]);
    let late = two_shifts(|journal, place| {
        if place == 2 {
            journal.sale(219)
        }
    });
    assert_eq!(late, ["Record 5 belongs to shift 1, which is closed."]);
    let twice = two_shifts(|journal, place| {
        if place == 3 {
            journal.shift(3)
        }
    });
    assert_eq!(twice, ["Record 6 opens shift 3 while another one is open."]);
    let again = two_shifts(|journal, place| {
        if place == 4 {
            journal.close(2, (0, 0), (3, 1, 119))
        }
    });
    assert_eq!(again, ["Record 8 closes shift 2, which is not open."]);
    let anew = two_shifts(|journal, place| {
        if place == 2 {
            journal.close(1, (1, 119), (1, 1, 119))
        }
    });
    assert_eq!(anew[0], "Record 5 closes shift 1, which is not open.");
    assert_eq!(anew[1], "Record 5 does not continue the totals of the closing before it.");
}

#[test]
fn an_anchor_that_was_taken_out_behind_a_closing_is_missed() {
    let missing =
        |record: u64| format!("Record {record} closes a shift or a period, and the anchor that signs it is missing.");
    let mut journal = Journal::of(1);
    journal.close(1, (1, 119), (1, 1, 119));
    let period = |journal: &mut Journal| journal.period("day", 1, (1, 1), (1, 119), (1, 1, 119));
    period(&mut journal);
    assert_eq!(wrong(&journal.end(), &Trust::default()), [missing(5)]);
    // Written anew without it, with a proper chain.
    for goes_on in [|journal: &mut Journal| journal.shift(2), period] {
        let mut journal = Journal::of(1);
        journal.close(1, (1, 119), (1, 1, 119));
        let mut lines: Vec<&str> = journal.text.lines().collect();
        lines.pop();
        let hash = lines[2].split_once("\"hash\":\"").unwrap().1;
        hex::decode_to_slice(&hash[..64], &mut journal.head).unwrap();
        (journal.text, journal.seq) = (lines.join("\n") + "\n", 3);
        goes_on(&mut journal);
        assert_eq!(wrong(&journal.end(), &Trust::default())[0], missing(3));
    }
}

#[test]
fn days_and_months_have_the_figures_of_what_they_close() {
    let whole = (2, 1, 119);
    let days = |day: &dyn Fn(&mut Journal), month: &dyn Fn(&mut Journal)| {
        two_shifts(|journal, place| {
            if place == 4 {
                day(journal);
                month(journal);
                journal.anchor(&SigningKey::from_bytes(&[1; 32]));
            }
        })
    };
    let day = |journal: &mut Journal| journal.period("day", 1, (1, 2), (1, 119), whole);
    let month = |journal: &mut Journal| journal.period("month", 1, (1, 2), (1, 119), whole);
    assert_eq!(days(&day, &month), [""; 0]);
    let sentence = |record: u64, name: &str| {
        format!("Record {record} closes {name} 1 with other figures than were closed since the one before it.")
    };
    // A figure, shifts that are left out, totals that begin anew, a month without its days, and the same day twice.
    assert_eq!(days(&|journal| journal.period("day", 1, (1, 2), (1, 118), whole), &|_| ()), [sentence(8, "day")]);
    assert_eq!(days(&|journal| journal.period("day", 1, (2, 2), (0, 0), whole), &|_| ()), [sentence(8, "day")]);
    assert_eq!(days(&|journal| journal.period("day", 1, (1, 2), (1, 119), (1, 1, 119)), &|_| ()), [sentence(8, "day")]);
    assert_eq!(days(&|_| (), &month), [sentence(8, "month")]);
    assert_eq!(days(&day, &day), [sentence(9, "day"), "Record 9 closes day 1; 2 is next.".to_owned()]);
    let misfiled = days(&|journal| journal.period("week", 1, (1, 2), (1, 119), whole), &|_| ());
    assert_eq!(misfiled, ["Record 8 is filed as week-closed and closes a week."]);
}

#[test]
fn deposits_are_owed_and_no_turnover() {
    let sale = |posted: &str, kind: &str| {
        let mut journal = Journal::new();
        let line = |kind: &str, paid: u64| format!(r#"{{"gross":{paid},"kind":"{kind}","net":{paid},"paid":{paid}}}"#);
        let content = format!(
            r#""transaction":{{"change":0,"currency":"EUR","discount":0,"entries":[{{"account":"till:cash","debit":119}},{{"account":"sales:Drinks","credit":94}},{{"account":"{posted}","credit":25}}],"gross":119,"kind":"sale","lines":[{},{}],"register":"R1","rounding":0,"shift":1,"store":"S1","taxes":[],"tenders":[{{"amount":119}}],"total":119,"total_excluded":119,"total_tax":0,"version":1}}"#,
            line("sale", 94),
            line(kind, 25),
        );
        journal.number += 1;
        journal.record("sale", Some(1), &content);
        journal
    };
    assert_eq!(wrong(&sale("deposits:containers", "deposit").end(), &Trust::default()), [""; 0]);
    let told = ["Record 2 what it posts of container deposits is not what its lines come to.".to_owned()];
    assert_eq!(wrong(&sale("sales:Drinks", "deposit").end(), &Trust::default()), told);
    assert_eq!(wrong(&sale("deposits:containers", "sale").end(), &Trust::default()), told);
}

#[test]
fn a_closing_empties_its_till() {
    for (from, to, sentence) in [
        (r#""credit":619"#, r#""credit":500"#, "Record 3 does not empty the till."),
        (r#""expected":619"#, r#""expected":618"#, "Record 3 does not empty the till."),
        (r#""counted":616"#, r#""counted":619"#, "Record 3 does not post what is missing or too much."),
        (r#""tax":10"#, r#""tax":9"#, "Record 3 closes shift 1 with other figures than its records have."),
    ] {
        let mut journal = Journal::of(1);
        let mut other = Journal::of(1);
        other.close(1, (1, 119), (1, 1, 119));
        let line = other.text.lines().nth(2).unwrap();
        let content = line.split_once("\"seq\":3,\"closing\"").unwrap().1.strip_suffix(r#","version":1}}"#).unwrap();
        assert!(content.contains(from), "{from}");
        journal.record("shift-closed", None, &format!("\"closing\"{}", content.replacen(from, to, 2)));
        let problems = wrong(&journal.end(), &Trust::default());
        assert!(problems.contains(&sentence.to_owned()), "{problems:?}");
    }
}

/// The storage's own form, as its crate keeps it.
#[test]
fn what_people_do_otherwise_is_part_of_the_chain() {
    let golden = include_str!("../../pos-storage/golden/record-1-audit.json").trim();
    let from = golden.find(r#""audit""#).unwrap();
    let content = &golden[from..golden.find(r#","kind":"audit""#).unwrap()];
    let mut journal = Journal::of(1);
    // Keys are in their order, and this one comes first.
    journal.record("audit", None, content);
    journal.sale(319);
    assert_eq!(wrong(&journal.end(), &Trust::default()), Vec::<String>::new());
    let mut other = Journal::of(1);
    other.record("audit", None, &content.replace("R1", "R2"));
    let problems = wrong(&other.end(), &Trust::default());
    assert_eq!(problems, ["Record 3 is of another store or register than the first."]);
}

#[test]
fn what_does_not_add_up_is_named() {
    for (from, to, sentence) in [
        (r#""total":219"#, r#""total":218"#, "Record 3 its lines do not add up to its total."),
        (r#""debit":219"#, r#""debit":218"#, "Record 3 its debits are not its credits."),
        (r#""debit":10,"#, r#""debit":11,"#, "Record 3 its debits of points are not its credits."),
        (
            r#""tenders":[{"amount":219"#,
            r#""tenders":[{"amount":220"#,
            "Record 3 tenders less change are not what was due.",
        ),
        (r#""discount":0"#, r#""discount":1"#, "Record 3 gross less discount is not the sum of its nets."),
        (
            r#""register":"R1""#,
            r#""register":"R2""#,
            "Record 3 is of another store, register or currency than the first.",
        ),
        (r#""shift":1"#, r#""shift":2"#, "Record 3 belongs to shift 2, which was never opened."),
        (r#""version":1"#, r#""version":2"#, "Record 3 has form 2, newer than this program: take a newer one."),
    ] {
        // Written so from the beginning, every hash right: only the figures tell.
        let mut journal = Journal::of(1);
        let mut other = Journal::of(1);
        other.sale(219);
        let line = other.text.lines().last().unwrap();
        let body = line.split_once("\"seq\":3,\"transaction\"").unwrap().1;
        let content = format!("\"transaction\"{}", body.strip_suffix(r#","version":1}}"#).unwrap());
        assert!(content.contains(from), "{from}");
        journal.record("sale", Some(2), &content.replacen(from, to, 1));
        let problems = wrong(&journal.end(), &Trust::default());
        assert!(problems.contains(&sentence.to_owned()), "{problems:?}");
    }
}

#[test]
fn anchors_are_read_as_people_copy_them() {
    let digits = "7be3".repeat(8);
    let anchor = Anchor { seq: 1042, digits: digits.clone() };
    for text in
        [format!("1042:{digits}"), format!(" 1042 : {}", digits.to_uppercase()), format!("1042:{}", "7be3 ".repeat(8))]
    {
        assert_eq!(text.parse(), Ok(anchor.clone()));
    }
    for text in ["1042", "1042:7be3", "x:7be37be37be37be37be37be37be37be3", "1:zz"] {
        assert!(text.parse::<Anchor>().unwrap_err().to_string().contains("is no anchor"));
    }
    assert!(Trust::default().with_key("12").unwrap_err().to_string().contains("is no key"));
}

/// Parts for threads fall anywhere; what they find is put together in order.
#[test]
fn a_long_journal_is_read_in_parts() {
    let journal = Journal::of(12_000);
    let text = journal.end();
    assert!(text.len() > 8 << 20);
    assert!(report(&text).is_verified());
    let spoilt = text.replacen(r#""total":1200019,"total_excluded""#, r#""total":1200018,"total_excluded""#, 1);
    assert_eq!(report(&spoilt).problems[0].line, 12_001);
}

/// Records were lost with a disk: receipts go on after the number that the journal says, and nowhere else.
#[test]
fn a_salvaged_journal_may_skip_the_numbers_it_names() {
    let salvaged = |through: u64, next: u64| {
        let mut journal = Journal::of(4);
        let what = format!(r#"{{"salvaged":{{"beside":0,"missing":3,"numbers_through":{through}}}}}"#);
        journal.record(
            "audit",
            None,
            &format!(r#""audit":{{"person":"","register":"R1","store":"S1","version":1,"what":{what}}}"#),
        );
        journal.number = next - 1;
        journal.sale(700);
        journal.end()
    };
    let whole = report(&salvaged(7, 8));
    assert_eq!((whole.problems, whole.receipts, whole.salvaged), (Vec::new(), 8, vec![(4, 7)]));
    let check = |through, next, expected: &str| {
        assert_eq!(wrong(&salvaged(through, next), &Trust::default()), [expected], "{through} {next}");
    };
    check(7, 9, "Record 7 has receipt number 9; 8 is next.");
    check(7, 5, "Record 7 has receipt number 5; 8 is next.");
    check(3, 5, "Record 6 has receipts go on after number 3, again.");
}
