//! What a scanner sends, before the register asks what was sold.
//!
//! A scanner set to do so begins with an AIM identifier (ISO/IEC 15424): `]`, a letter for the kind of code, a digit or
//! letter for how it was read. `]E04006381333931` is the EAN-13 4006381333931. It is worth switching on: a QR code that
//! says 4006381333931 is not an article. Around it stand a prefix and a suffix of the wire: STX, ETX, carriage return,
//! tab. Inside GS1 codes the group separator (0x1D) ends a field of free length and stays.

/// The kind of code a scan came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symbology {
    /// EAN-13, UPC-A and UPC-E, all given as 13 digits, with or without an add-on.
    Ean13,
    /// EAN-8.
    Ean8,
    /// The two- or five-digit add-on alone.
    EanAddOn,
    /// Code 128 without a GS1 meaning.
    Code128,
    /// GS1-128.
    Gs1128,
    /// Code 39.
    Code39,
    /// Code 93.
    Code93,
    /// Codabar.
    Codabar,
    /// Interleaved 2 of 5, also ITF-14.
    Interleaved2Of5,
    /// GS1 DataBar.
    Gs1DataBar,
    /// QR code.
    Qr,
    /// GS1 QR code.
    Gs1Qr,
    /// Data Matrix.
    DataMatrix,
    /// GS1 DataMatrix.
    Gs1DataMatrix,
    /// PDF417 and its small forms.
    Pdf417,
    /// Aztec code.
    Aztec,
    /// GS1 DotCode.
    Gs1DotCode,
    /// An identifier that is not in this list.
    Other,
}

impl Symbology {
    /// From an AIM identifier's letter and modifier: `E`, `0`.
    pub fn from_aim(code: char, modifier: char) -> Symbology {
        match (code, modifier) {
            ('E', '0' | '3') => Symbology::Ean13,
            ('E', '1' | '2') => Symbology::EanAddOn,
            ('E', '4') => Symbology::Ean8,
            ('C', '1') => Symbology::Gs1128,
            ('C', _) => Symbology::Code128,
            ('A', _) => Symbology::Code39,
            ('G', _) => Symbology::Code93,
            ('F', _) => Symbology::Codabar,
            ('I', _) => Symbology::Interleaved2Of5,
            ('e', _) => Symbology::Gs1DataBar,
            ('Q', '3') => Symbology::Gs1Qr,
            ('Q', _) => Symbology::Qr,
            ('d', '2') => Symbology::Gs1DataMatrix,
            ('d', _) => Symbology::DataMatrix,
            ('L', _) => Symbology::Pdf417,
            ('z', _) => Symbology::Aztec,
            ('J', '1') => Symbology::Gs1DotCode,
            _ => Symbology::Other,
        }
    }

    /// The data are GS1 element strings: `(01)…(10)…` without the brackets.
    pub fn is_gs1(self) -> bool {
        matches!(
            self,
            Symbology::Gs1128
                | Symbology::Gs1DataBar
                | Symbology::Gs1Qr
                | Symbology::Gs1DataMatrix
                | Symbology::Gs1DotCode
        )
    }
}

/// GS1's end of a field of free length.
const GROUP_SEPARATOR: char = '\u{1d}';

/// The code alone, and what kind it is if the scanner said so.
pub fn clean_scan(raw: &str) -> (String, Option<Symbology>) {
    let framed = raw.trim_matches(|character: char| character.is_control() || character == ' ');
    let (data, symbology) = match split_aim(framed) {
        Some((symbology, data)) => (data, Some(symbology)),
        None => (framed, None),
    };
    let data = data.trim_matches(|character| character == GROUP_SEPARATOR || character == ' ');
    (data.chars().filter(|found| !found.is_control() || *found == GROUP_SEPARATOR).collect(), symbology)
}

fn split_aim(text: &str) -> Option<(Symbology, &str)> {
    let mut rest = text.strip_prefix(']')?.chars();
    let code = rest.next().filter(char::is_ascii_alphabetic)?;
    let modifier = rest.next().filter(char::is_ascii_alphanumeric)?;
    Some((Symbology::from_aim(code, modifier), rest.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, data: &str, symbology: Option<Symbology>) {
        assert_eq!(clean_scan(raw), (data.to_owned(), symbology), "{raw:?}");
    }

    #[test]
    fn identifiers_and_frames_are_taken_off() {
        check("4006381333931\r\n", "4006381333931", None);
        check("]E04006381333931\r", "4006381333931", Some(Symbology::Ean13));
        check("\u{2}]E496385074\u{3}", "96385074", Some(Symbology::Ean8));
        check("\t]C0R1-000042\t", "R1-000042", Some(Symbology::Code128));
        check("]Q0https://example.com/a?b=]E0", "https://example.com/a?b=]E0", Some(Symbology::Qr));
        check("]Z9whatever", "whatever", Some(Symbology::Other));
    }

    #[test]
    fn gs1_codes_keep_their_separators_and_lose_the_leading_one() {
        let scan = "]C1\u{1d}0104006381333931103A\u{1d}17271231\n";
        check(scan, "0104006381333931103A\u{1d}17271231", Some(Symbology::Gs1128));
        check("]d20104006381333931", "0104006381333931", Some(Symbology::Gs1DataMatrix));
        check("]Q30104006381333931", "0104006381333931", Some(Symbology::Gs1Qr));
        assert!(clean_scan("]e00104006381333931").1.is_some_and(Symbology::is_gs1));
        assert!(!clean_scan("]C04006381333931").1.is_some_and(Symbology::is_gs1));
    }

    #[test]
    fn what_is_no_identifier_stays_and_noise_goes() {
        check("]", "]", None);
        check("]é0", "]é0", None);
        check("]E", "]E", None);
        check("3*400638\u{0}1333931", "3*4006381333931", None);
        check("\r\n\t", "", None);
    }
}
