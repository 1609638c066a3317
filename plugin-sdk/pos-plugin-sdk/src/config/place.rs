//! Where an entry stands in a configuration, found again after it was read: `classes.standard[0].rate` is on line 9,
//! column 41.
//!
//! Values that were read remember no places, and what is wrong with a table often shows only when it is whole. So the path
//! of a problem is walked through the text once more.

/// Line and column in a text, from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// The place of an entry's value by its path. Of a path that leads to nothing, the place of the last entry on the way:
/// what is missing is missed there. None if the text is not JSON so far.
pub fn place(config_json: &str, path: &str) -> Option<Place> {
    let mut walk = Walk { bytes: config_json.as_bytes(), at: 0 };
    let offset = walk.find(path)?;
    let before = config_json.get(..offset)?;
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Some(Place {
        line: narrow(before.matches('\n').count() + 1),
        column: narrow(before.get(line_start..)?.chars().count() + 1),
    })
}

/// A walk through JSON text that stops nowhere but at its end.
struct Walk<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Walk<'_> {
    /// Offset of the value that a path leads to from the value that begins here.
    fn find(&mut self, path: &str) -> Option<usize> {
        self.space();
        let start = self.at;
        match (self.peek()?, path) {
            (_, "") => Some(start),
            (b'{', _) => Some(self.find_in_object(path).unwrap_or(start)),
            (b'[', _) => Some(self.find_in_list(path).unwrap_or(start)),
            _ => Some(start),
        }
    }

    fn find_in_object(&mut self, path: &str) -> Option<usize> {
        self.at += 1;
        loop {
            self.space();
            let key_start = self.at;
            if self.peek()? != b'"' {
                return None;
            }
            self.skip();
            let key: String = serde_json::from_slice(self.bytes.get(key_start..self.at)?).ok()?;
            self.space();
            self.expect(b':')?;
            // A key may have points in it, so that the longest way decides.
            let rest = path.strip_prefix(key.as_str());
            let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
            if let Some(rest) = rest {
                let found = Walk { bytes: self.bytes, at: self.at }.find(rest.strip_prefix('.').unwrap_or(rest));
                if found.is_some() {
                    return found;
                }
            }
            self.skip();
            self.space();
            self.expect(b',')?;
        }
    }

    fn find_in_list(&mut self, path: &str) -> Option<usize> {
        let (number, rest) = path.strip_prefix('[')?.split_once(']')?;
        self.at += 1;
        for _ in 0..number.parse::<usize>().ok()? {
            self.skip();
            self.space();
            self.expect(b',')?;
        }
        self.find(rest.strip_prefix('.').unwrap_or(rest))
    }

    /// Over one value, whatever it is.
    fn skip(&mut self) {
        self.space();
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.text(),
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => return,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            let is_whole = matches!(byte, b'"' | b'}' | b']') && depth == 0;
            if is_whole {
                return;
            }
        }
    }

    /// To the closing mark of a text.
    fn text(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek().filter(|byte| *byte != b'"') {
            self.at += if byte == b'\\' { 2 } else { 1 };
        }
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        let is_there = self.peek()? == byte;
        self.at += 1;
        is_there.then_some(())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"{
  "a": {"x": [1, "]}\"", {"rate": "8.1"}], "y": true},
  "über.b": [[], {"c": 5}],
  "with\"mark": 1, "twice": 1
}"#;

    fn at(path: &str) -> (u32, u32) {
        place(TABLE, path).map(|Place { line, column }| (line, column)).unwrap()
    }

    #[test]
    fn an_entry_is_found_by_its_path() {
        assert_eq!(at(""), (1, 1));
        assert_eq!(at("a"), (2, 8));
        assert_eq!(at("a.x[0]"), (2, 15));
        assert_eq!(at("a.x[1]"), (2, 18));
        assert_eq!(at("a.x[2].rate"), (2, 35));
        assert_eq!(at("a.y"), (2, 49));
        assert_eq!(at("über.b[1].c"), (3, 24));
        assert_eq!(at("with\"mark"), (4, 17));
        assert_eq!(at("twice"), (4, 29));
    }

    #[test]
    fn what_is_missing_is_missed_where_it_should_be() {
        assert_eq!(at("a.z"), at("a"));
        assert_eq!(at("a.x[7]"), at("a.x"));
        assert_eq!(at("a.y.deeper"), at("a.y"));
        assert_eq!(at("nothing"), (1, 1));
    }

    #[test]
    fn no_text_and_no_path_ends_the_walk_badly() {
        for end in 0..TABLE.len() {
            let Some(cut) = TABLE.get(..end) else { continue };
            for path in ["a.x[2].rate", "über.b[1].c", "twice", "[", "a[", "a.x[-1]", "a.x[99999999999999999999]", "."]
            {
                place(cut, path);
            }
        }
        assert_eq!(place("", "a"), None);
    }
}
