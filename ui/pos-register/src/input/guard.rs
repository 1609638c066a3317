//! Telling a scanner from a hand.
//!
//! Example: 13 digits 4 ms apart and an Enter are a scan; `2` `5` `0` typed 120 ms apart are released one by one, each
//! 35 ms after it was pressed. Scanners send a key every 0 to 20 ms (Bluetooth ones 12 by default); practised hands stay
//! above 60 ms.

/// Longest gap inside a burst, in seconds.
const GAP_MAX_S: f64 = 0.035;
/// Longest gap after a prefix, in seconds: there the prefix has already said that a scanner is typing.
const GAP_AFTER_PREFIX_MAX_S: f64 = 0.5;
/// Shortest burst of any characters that is a scan.
const LENGTH_MIN: usize = 6;
/// Shortest burst of digits that is a scan (price look-up codes, EAN-8 without its country).
const DIGITS_MIN: usize = 3;
/// Longest code; a key held down must not grow the burst for ever.
const LENGTH_MAX: usize = 512;

/// The span in which a key was pressed, in seconds of one clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Press {
    /// Not before.
    pub earliest_s: f64,
    /// Not after.
    pub latest_s: f64,
}

impl Press {
    /// A press at a known moment.
    pub fn at(moment_s: f64) -> Press {
        Press { earliest_s: moment_s, latest_s: moment_s }
    }

    /// The least time that must have passed since an earlier press.
    fn gap_after(self, earlier: Press) -> f64 {
        (self.earliest_s - earlier.latest_s).max(0.0)
    }
}

/// What a character means for the keys held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It belongs to the burst, or begins one: hold it back.
    Hold,
    /// What was held before was typed by hand; this character begins a new burst.
    ReleaseThenHold,
    /// It is a configured prefix: swallow it; what was held before was typed by hand.
    Begin,
}

/// Collects a burst of characters.
#[derive(Clone, Debug, Default)]
pub struct ScanGuard {
    text: String,
    length: usize,
    last: Option<Press>,
    gaps_s: f64,
    after_prefix: bool,
    prefix: Option<char>,
}

impl ScanGuard {
    /// A guard for scanners that send `prefix` before each code, if they do.
    pub fn new(prefix: Option<char>) -> ScanGuard {
        ScanGuard { prefix, ..ScanGuard::default() }
    }

    /// Whether characters are being held back.
    pub fn is_holding(&self) -> bool {
        self.length > 0 || self.after_prefix
    }

    /// A printable character was typed.
    pub fn character(&mut self, character: char, press: Press) -> Verdict {
        if self.prefix == Some(character) && !self.after_prefix {
            self.begin(press);
            return Verdict::Begin;
        }
        let too_late = self.last.is_some_and(|last| press.gap_after(last) > self.gap_max_s());
        let verdict = if too_late || self.length == LENGTH_MAX {
            self.clear();
            Verdict::ReleaseThenHold
        } else {
            self.gaps_s += self.last.map_or(0.0, |last| press.gap_after(last));
            Verdict::Hold
        };
        self.text.push(character);
        self.length += 1;
        self.last = Some(press);
        verdict
    }

    /// The scanner's prefix arrived, as a character or as a key of its own.
    pub fn begin(&mut self, press: Press) {
        self.clear();
        self.after_prefix = true;
        self.last = Some(press);
    }

    /// Enter or Tab: the code, if the burst before it was a scan. The guard is empty afterwards.
    pub fn end(&mut self, press: Press) -> Option<String> {
        let in_time = self.last.is_some_and(|last| press.gap_after(last) <= self.gap_max_s());
        let mean_gap_s = if self.length > 1 { self.gaps_s / (self.length - 1) as f64 } else { 0.0 };
        let digits = self.text.bytes().all(|byte| byte.is_ascii_digit());
        let long_enough = self.length >= LENGTH_MIN || digits && self.length >= DIGITS_MIN;
        let is_scan =
            in_time && if self.after_prefix { self.length > 0 } else { long_enough && mean_gap_s <= GAP_MAX_S };
        let text = std::mem::take(&mut self.text);
        self.clear();
        is_scan.then_some(text)
    }

    /// Seconds until held characters are released if nothing follows; zero if that moment is past.
    pub fn wait_s(&self, now_s: f64) -> Option<f64> {
        let last = self.last.filter(|_| self.is_holding())?;
        Some((last.latest_s + self.gap_max_s() - now_s).max(0.0))
    }

    /// Forgets the burst: its characters are being released, or were swallowed.
    pub fn clear(&mut self) {
        self.text.clear();
        self.length = 0;
        self.last = None;
        self.gaps_s = 0.0;
        self.after_prefix = false;
    }

    fn gap_max_s(&self) -> f64 {
        if self.after_prefix { GAP_AFTER_PREFIX_MAX_S } else { GAP_MAX_S }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types `text` with a gap, then Enter; what was released on the way is in front of the bar.
    fn check(prefix: Option<char>, text: &str, gap_s: f64, expected: &str) {
        let mut guard = ScanGuard::new(prefix);
        let (mut now_s, mut released, mut held) = (0.0, String::new(), String::new());
        for character in text.chars() {
            match guard.character(character, Press::at(now_s)) {
                Verdict::Hold => {}
                Verdict::ReleaseThenHold => released.push_str(&std::mem::take(&mut held)),
                Verdict::Begin => {
                    released.push_str(&std::mem::take(&mut held));
                    now_s += gap_s;
                    continue;
                }
            }
            held.push(character);
            now_s += gap_s;
        }
        let outcome = match guard.end(Press::at(now_s)) {
            Some(code) => format!("{released}|scan {code}"),
            None => format!("{released}{held}|typed"),
        };
        assert_eq!(outcome, expected, "{text:?} every {gap_s} s");
        assert!(!guard.is_holding());
    }

    #[test]
    fn bursts_are_scans_and_hands_are_not() {
        check(None, "4006381333931", 0.000, "|scan 4006381333931");
        check(None, "4006381333931", 0.004, "|scan 4006381333931");
        check(None, "4006381333931", 0.020, "|scan 4006381333931");
        check(None, "4006381333931", 0.050, "4006381333931|typed");
        check(None, "2001", 0.004, "|scan 2001");
        check(None, "tea", 0.004, "tea|typed");
        check(None, "250", 0.120, "250|typed");
        check(None, "", 0.004, "|typed");
    }

    #[test]
    fn a_prefix_needs_no_heuristics() {
        check(Some('~'), "~AB", 0.200, "|scan AB");
        check(Some('~'), "3~40063", 0.200, "3|scan 40063");
        check(Some('~'), "~", 0.010, "|typed");
    }

    #[test]
    fn slow_painting_does_not_tear_a_scan_apart() {
        let mut guard = ScanGuard::new(None);
        assert_eq!(guard.character('4', Press::at(0.0)), Verdict::Hold);
        // 300 ms of painting: the rest was read late, but may have been pressed at once.
        for (index, character) in "006381333931".chars().enumerate() {
            let press = Press { earliest_s: 0.001, latest_s: 0.3 + index as f64 * 1e-4 };
            assert_eq!(guard.character(character, press), Verdict::Hold);
        }
        assert_eq!(guard.end(Press { earliest_s: 0.001, latest_s: 0.302 }).as_deref(), Some("4006381333931"));
    }

    #[test]
    fn held_characters_wait_35_ms() {
        let mut guard = ScanGuard::new(None);
        assert_eq!(guard.wait_s(0.0), None);
        guard.character('2', Press::at(1.0));
        assert!(guard.wait_s(1.010).is_some_and(|wait_s| (wait_s - 0.025).abs() < 1e-9));
        assert_eq!(guard.wait_s(2.0), Some(0.0));
    }
}
