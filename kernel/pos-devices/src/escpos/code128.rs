//! Code 128 as `GS k` wants it: which code set for which characters.
//!
//! Set B holds a character of ASCII in a symbol, set C two digits: `R1-000042` is `{BR1-{C` and the values 0, 0, 42, so
//! nine symbols instead of eleven. A change of set costs one symbol: four digits pay for it at either end, six between.

/// Data for `GS k 73`, and how wide they print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code128 {
    /// With `{B` and `{C` where a set begins.
    pub(crate) data: Vec<u8>,
    /// Modules of all symbols with start, check and stop; the quiet zones are not counted.
    pub(crate) modules: u32,
}

/// None: something in it is no character of set B, or nothing is in it.
pub(crate) fn encode(text: &str) -> Option<Code128> {
    if text.is_empty() || !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let packed = encode_in_runs(text.as_bytes());
    // The digits 16 04 in set C are the bytes DLE EOT, a real-time command to a printer that looks ahead of its buffer;
    // 16 20 01 00 01 would even open the drawer. Such a code goes out in set B.
    let is_command = packed.data.windows(2).any(|pair| matches!(pair, [0x10, 0x04 | 0x05 | 0x14]));
    Some(if is_command { encode_plain(text.as_bytes()) } else { packed })
}

fn encode_in_runs(text: &[u8]) -> Code128 {
    let mut writer = Writer::default();
    let mut at = 0;
    while at < text.len() {
        let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_edge = at == 0 || at + digits == text.len();
        if digits >= if is_edge { 4 } else { 6 } {
            if digits % 2 == 1 {
                writer.plain(text[at]);
                at += 1;
            }
            for pair in text[at..at + digits / 2 * 2].chunks_exact(2) {
                writer.pair((pair[0] - b'0') * 10 + (pair[1] - b'0'));
            }
            at += digits / 2 * 2;
        } else {
            let run = digits.max(1);
            text[at..at + run].iter().for_each(|byte| writer.plain(*byte));
            at += run;
        }
    }
    writer.finish()
}

fn encode_plain(text: &[u8]) -> Code128 {
    let mut writer = Writer::default();
    text.iter().for_each(|byte| writer.plain(*byte));
    writer.finish()
}

#[derive(Default)]
struct Writer {
    data: Vec<u8>,
    set: Option<u8>,
    symbols: u32,
}

impl Writer {
    fn choose(&mut self, set: u8) {
        if self.set != Some(set) {
            self.set = Some(set);
            self.data.extend([b'{', set]);
            self.symbols += 1;
        }
    }

    fn plain(&mut self, byte: u8) {
        self.choose(b'B');
        // A brace announces a code set; doubled it is itself.
        self.data.extend(std::iter::repeat_n(byte, if byte == b'{' { 2 } else { 1 }));
        self.symbols += 1;
    }

    fn pair(&mut self, value: u8) {
        self.choose(b'C');
        self.data.push(value);
        self.symbols += 1;
    }

    fn finish(self) -> Code128 {
        // 11 modules a symbol, one more symbol for the check, 13 modules for the stop.
        Code128 { data: self.data, modules: (self.symbols + 1) * 11 + 13 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, data: &[u8], modules: u32) {
        assert_eq!(encode(text), Some(Code128 { data: data.to_vec(), modules }), "{text}");
    }

    #[test]
    fn sets_are_chosen_for_the_shorter_code() {
        check("R1-000042", b"{BR1-{C\0\0\x2a", 9 * 11 + 13);
        check("4006381333931", b"{B4{C\0\x3f\x51\x21\x27\x1f", 10 * 11 + 13);
        check("AB", b"{BAB", 4 * 11 + 13);
        check("12A", b"{B12A", 5 * 11 + 13);
        check("A12345B", b"{BA12345B", 9 * 11 + 13);
        check("A123456B", b"{BA{C\x0c\x22\x38{BB", 9 * 11 + 13);
    }

    #[test]
    fn a_brace_stays_a_brace() {
        check("a{Cb", b"{Ba{{Cb", 6 * 11 + 13);
    }

    #[test]
    fn digits_that_would_be_a_real_time_command_are_not_packed() {
        check("1604", b"{B1604", 6 * 11 + 13);
        check("1620010001", b"{B1620010001", 12 * 11 + 13);
        check("161604", b"{B161604", 8 * 11 + 13);
    }

    #[test]
    fn what_set_b_lacks_is_no_barcode() {
        assert_eq!(encode(""), None);
        assert_eq!(encode("Käse"), None);
        assert_eq!(encode("a\u{1b}b"), None);
    }
}
