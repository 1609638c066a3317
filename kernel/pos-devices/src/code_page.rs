//! What a printer's code page can say, and how to say the rest.
//!
//! A receipt printer knows one byte a character, in a page chosen by `ESC t`. [`CodePage::printable`] turns any text into
//! one that the page holds, *before* it is laid out, because the replacement may be longer: on CP437 `€ 5` becomes
//! `EUR 5`. After that [`CodePage::byte`] finds a byte for every character, and never one below 0x20: whatever a text
//! contains, it cannot become a command.

use serde::{Deserialize, Serialize};

/// A table of characters in the printer, numbered as Epson and most others do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodePage {
    /// The 95 characters every printer has; for one whose pages are unknown.
    Ascii,
    /// PC437, the page a printer starts with: USA, standard Europe.
    Cp437,
    /// PC858: western Europe with the euro sign.
    #[default]
    Cp858,
    /// Windows-1252: western Europe with the euro sign and typographic quotes.
    Cp1252,
}

// The characters of bytes 0x80 to 0xFF, after the Unicode consortium's mapping tables. U+FFFD: not assigned.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
                     └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
const CP858: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
                     └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";
const CP1252: &str = "€\u{fffd}‚ƒ„…†‡ˆ‰Š‹Œ\u{fffd}Ž\u{fffd}\u{fffd}‘’“”•–—˜™š›œ\u{fffd}žŸ\
                      \u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ";

impl CodePage {
    /// The number `ESC t` selects it by.
    pub fn number(self) -> u8 {
        match self {
            CodePage::Ascii | CodePage::Cp437 => 0,
            CodePage::Cp1252 => 16,
            CodePage::Cp858 => 19,
        }
    }

    /// The page `ESC t` selects by that number, as far as it is known here.
    pub fn from_number(number: u8) -> Option<CodePage> {
        [CodePage::Cp437, CodePage::Cp1252, CodePage::Cp858].into_iter().find(|page| page.number() == number)
    }

    fn upper_half(self) -> &'static str {
        match self {
            CodePage::Ascii => "",
            CodePage::Cp437 => CP437,
            CodePage::Cp858 => CP858,
            CodePage::Cp1252 => CP1252,
        }
    }

    /// The byte of a character; always a printing one.
    pub fn byte(self, character: char) -> Option<u8> {
        if matches!(character, ' '..='~') {
            return u8::try_from(character).ok();
        }
        if character == '\u{fffd}' {
            return None;
        }
        let index = self.upper_half().chars().position(|known| known == character)?;
        u8::try_from(index + 0x80).ok()
    }

    /// The character of a byte; none for controls and unassigned bytes.
    pub fn character(self, byte: u8) -> Option<char> {
        match byte {
            0x20..=0x7e => Some(char::from(byte)),
            0x80.. => self.upper_half().chars().nth(usize::from(byte) - 0x80).filter(|found| *found != '\u{fffd}'),
            _ => None,
        }
    }

    /// The text in characters of this page: transliterated where it has no such character, `?` where nothing is near.
    /// Controls and invisible characters are gone; a line feed stays, for the layout to break at.
    pub fn printable(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        // The last base letter and where it stands, for an accent that follows as a character of its own (as file
        // names and catalogues from some systems have it).
        let mut base: Option<(char, usize)> = None;
        for character in text.chars() {
            let is_mark = matches!(character, '\u{300}'..='\u{36f}');
            let composed = base.filter(|_| is_mark).and_then(|(letter, at)| Some((compose(letter, character)?, at)));
            if let Some((letter, at)) = composed {
                out.truncate(at);
                base = Some((letter, at));
                self.push(&mut out, letter);
            } else if !is_mark {
                base = Some((character, out.len()));
                self.push(&mut out, character);
            }
        }
        out
    }

    fn push(self, out: &mut String, character: char) {
        if character == '\n' {
            out.push('\n');
        } else if character == '\t' || is_blank(character) {
            out.push(' ');
        } else if character.is_control() || is_invisible(character) {
            // Says nothing on paper.
        } else if self.byte(character).is_some() {
            out.push(character);
        } else if let Some((_, words)) = WORDS.iter().find(|(from, _)| *from == character) {
            out.push_str(words);
        } else if let Some((letter, _)) = decompose(character) {
            out.push(letter);
        } else if let Some(narrow) = narrow(character) {
            out.push(narrow);
        } else {
            out.push('?');
        }
    }
}

/// Blanks of every width, the unbreakable ones included.
fn is_blank(character: char) -> bool {
    matches!(character, '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Soft hyphen, joiners, direction marks, variation selectors, byte order mark.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// The ASCII character of a full-width form.
fn narrow(character: char) -> Option<char> {
    let offset = u32::from(character).checked_sub(0xff01)?;
    char::from_u32(offset + 0x21).filter(|narrow| matches!(narrow, '!'..='~'))
}

/// Where a page lacks the character: its words in ASCII. Umlauts by German habit, the others by the letter's look.
const WORDS: &[(char, &str)] = &[
    ('€', "EUR"),
    ('£', "GBP"),
    ('¥', "JPY"),
    ('¢', "c"),
    ('ä', "ae"),
    ('ö', "oe"),
    ('ü', "ue"),
    ('Ä', "Ae"),
    ('Ö', "Oe"),
    ('Ü', "Ue"),
    ('ß', "ss"),
    ('ẞ', "SS"),
    ('æ', "ae"),
    ('Æ', "Ae"),
    ('œ', "oe"),
    ('Œ', "Oe"),
    ('ø', "o"),
    ('Ø', "O"),
    ('ł', "l"),
    ('Ł', "L"),
    ('đ', "d"),
    ('Đ', "D"),
    ('ð', "d"),
    ('Ð', "D"),
    ('þ', "th"),
    ('Þ', "Th"),
    ('ı', "i"),
    ('‐', "-"),
    ('‑', "-"),
    ('‒', "-"),
    ('–', "-"),
    ('—', "-"),
    ('―', "-"),
    ('−', "-"),
    ('‘', "'"),
    ('’', "'"),
    ('‚', "'"),
    ('′', "'"),
    ('´', "'"),
    ('“', "\""),
    ('”', "\""),
    ('„', "\""),
    ('″', "\""),
    ('«', "\""),
    ('»', "\""),
    ('‹', "'"),
    ('›', "'"),
    ('…', "..."),
    ('•', "*"),
    ('·', "*"),
    ('×', "x"),
    ('÷', "/"),
    ('±', "+/-"),
    ('≤', "<="),
    ('≥', ">="),
    ('→', "->"),
    ('←', "<-"),
    ('½', "1/2"),
    ('¼', "1/4"),
    ('¾', "3/4"),
    ('¹', "1"),
    ('²', "2"),
    ('³', "3"),
    ('°', " deg"),
    ('µ', "u"),
    ('μ', "u"),
    ('‰', " per mille"),
    ('№', "No."),
    ('™', "(TM)"),
    ('®', "(R)"),
    ('©', "(C)"),
    ('¡', "!"),
    ('¿', "?"),
    ('ﬁ', "fi"),
    ('ﬂ', "fl"),
];

/// Letters with one accent: mark, bare letters, accented letters. Read one way it drops an accent the page lacks, the
/// other way it puts a letter and a combining mark together.
const ACCENTS: &[(char, &str, &str)] = &[
    ('\u{300}', "AEIOUaeiou", "ÀÈÌÒÙàèìòù"),
    ('\u{301}', "AEIOUYaeiouyCLNRSZclnrsz", "ÁÉÍÓÚÝáéíóúýĆĹŃŔŚŹćĺńŕśź"),
    ('\u{302}', "AEIOUaeiouCGHJSWYcghjswy", "ÂÊÎÔÛâêîôûĈĜĤĴŜŴŶĉĝĥĵŝŵŷ"),
    ('\u{303}', "ANOanoIUiu", "ÃÑÕãñõĨŨĩũ"),
    ('\u{304}', "AEIOUaeiou", "ĀĒĪŌŪāēīōū"),
    ('\u{306}', "AGUagu", "ĂĞŬăğŭ"),
    ('\u{307}', "CEGIZcegz", "ĊĖĠİŻċėġż"),
    ('\u{308}', "AEIOUaeiouyY", "ÄËÏÖÜäëïöüÿŸ"),
    ('\u{30a}', "AaUu", "ÅåŮů"),
    ('\u{30b}', "OUou", "ŐŰőű"),
    ('\u{30c}', "CDENRSTZcenrsz", "ČĎĚŇŘŠŤŽčěňřšž"),
    ('\u{326}', "STst", "ȘȚșț"),
    ('\u{327}', "CGKLNRSTcklnrst", "ÇĢĶĻŅŖŞŢçķļņŗşţ"),
    ('\u{328}', "AEIUaeiu", "ĄĘĮŲąęįų"),
];

fn compose(letter: char, mark: char) -> Option<char> {
    let (_, bare, accented) = ACCENTS.iter().find(|(known, _, _)| *known == mark)?;
    bare.chars().zip(accented.chars()).find(|(from, _)| *from == letter).map(|(_, to)| to)
}

fn decompose(character: char) -> Option<(char, char)> {
    ACCENTS.iter().find_map(|(mark, bare, accented)| {
        let (letter, _) = bare.chars().zip(accented.chars()).find(|(_, to)| *to == character)?;
        Some((letter, *mark))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: [CodePage; 4] = [CodePage::Ascii, CodePage::Cp437, CodePage::Cp858, CodePage::Cp1252];

    #[test]
    fn pages_have_their_known_landmarks() {
        assert_eq!(CodePage::Cp437.byte('ä'), Some(0x84));
        assert_eq!(CodePage::Cp437.byte('€'), None);
        assert_eq!(CodePage::Cp437.byte('ß'), Some(0xe1));
        assert_eq!(CodePage::Cp858.byte('€'), Some(0xd5));
        assert_eq!(CodePage::Cp858.byte('ø'), Some(0x9b));
        assert_eq!(CodePage::Cp858.byte('²'), Some(0xfd));
        assert_eq!(CodePage::Cp1252.byte('€'), Some(0x80));
        assert_eq!(CodePage::Cp1252.byte('ÿ'), Some(0xff));
        assert_eq!(CodePage::Cp1252.character(0x81), None);
    }

    #[test]
    fn pages_have_128_upper_characters_and_every_character_comes_back() {
        for page in PAGES {
            assert!([0, 128].contains(&page.upper_half().chars().count()), "{page:?}");
            for byte in 0..=255 {
                if let Some(character) = page.character(byte) {
                    assert_eq!(page.byte(character), Some(byte), "{page:?} {character:?}");
                    assert!(!character.is_control());
                }
            }
        }
    }

    #[test]
    fn what_a_page_lacks_is_said_in_other_letters() {
        let cases = [
            (CodePage::Cp858, "Käse – 5 € …", "Käse - 5 € ..."),
            (CodePage::Cp437, "Käse – 5 € …", "Käse - 5 EUR ..."),
            (CodePage::Ascii, "Käse – 5 €, Crème, Åland, Ærø", "Kaese - 5 EUR, Creme, Aland, Aero"),
            (CodePage::Cp1252, "“Žižek” … Łódź", "“Žižek” … Lódz"),
            (CodePage::Cp858, "Ka\u{308}se, cafe\u{301}, n\u{303}, x\u{308}", "Käse, café, ñ, x"),
            (CodePage::Ascii, "Ka\u{308}se", "Kaese"),
            (CodePage::Cp858, "1\u{202f}000\u{a0}kg Soft\u{ad}eis", "1 000 kg Softeis"),
            (CodePage::Cp858, "茶 ＡＢＣ　１", "? ABC 1"),
            (CodePage::Cp858, "a\u{1b}@b\tc\u{0}\u{7f}\u{9b}d\nnext", "a@b cd\nnext"),
        ];
        for (page, text, expected) in cases {
            assert_eq!(page.printable(text), expected, "{page:?}");
        }
    }

    #[test]
    fn every_printable_text_has_bytes_and_none_is_a_command() {
        for page in PAGES {
            // Where the scripts, signs and forms are that anybody prints; beyond them all are alike.
            let characters = ('\0'..'\u{3400}').chain('\u{f000}'..='\u{10100}');
            for character in characters.filter(|character| *character != '\n') {
                for said in page.printable(character.encode_utf8(&mut [0; 4])).chars() {
                    let byte = page.byte(said).unwrap_or_else(|| panic!("{page:?} has no byte for {said:?}"));
                    assert!(byte >= 0x20 && byte != 0x7f, "{page:?} {character:?}");
                }
            }
        }
    }

    #[test]
    fn accents_pair_up() {
        for (mark, bare, accented) in ACCENTS {
            assert_eq!(bare.chars().count(), accented.chars().count(), "{:x}", u32::from(*mark));
        }
    }
}
