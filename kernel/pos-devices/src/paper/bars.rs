//! Code 128 as a printer draws it (ISO/IEC 15417): data of `GS k` to symbols, symbols to bars.

/// Widths of bar, space, bar, space, bar, space of each symbol value; each adds up to 11 modules.
const WIDTHS: [&[u8; 6]; 106] = [
    b"212222", b"222122", b"222221", b"121223", b"121322", b"131222", b"122213", b"122312", b"132212", b"221213",
    b"221312", b"231212", b"112232", b"122132", b"122231", b"113222", b"123122", b"123221", b"223211", b"221132",
    b"221231", b"213212", b"223112", b"312131", b"311222", b"321122", b"321221", b"312212", b"322112", b"322211",
    b"212123", b"212321", b"232121", b"111323", b"131123", b"131321", b"112313", b"132113", b"132311", b"211313",
    b"231113", b"231311", b"112133", b"112331", b"132131", b"113123", b"113321", b"133121", b"313121", b"211331",
    b"231131", b"213113", b"213311", b"213131", b"311123", b"311321", b"331121", b"312113", b"312311", b"332111",
    b"314111", b"221411", b"431111", b"111224", b"111422", b"121124", b"121421", b"141122", b"141221", b"112214",
    b"112412", b"122114", b"122411", b"142112", b"142211", b"241211", b"221114", b"413111", b"241112", b"134111",
    b"111242", b"121142", b"121241", b"114212", b"124112", b"124211", b"411212", b"421112", b"421211", b"212141",
    b"214121", b"412121", b"111143", b"111341", b"131141", b"114113", b"114311", b"411113", b"411311", b"113141",
    b"114131", b"311141", b"411131", b"211412", b"211214", b"211232",
];

/// Bars and spaces of the stop.
const STOP: &[u8; 7] = b"2331112";

/// Symbol values with start and check, and what they say. None: the data begin without a code set, or hold what the set
/// cannot.
pub(super) fn read(data: &[u8]) -> Option<(Vec<u8>, String)> {
    let mut symbols: Vec<u8> = Vec::new();
    let mut text = String::new();
    let mut set = None;
    let mut rest = data;
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        if *byte == b'{' {
            let (code, tail) = tail.split_first()?;
            rest = tail;
            match code {
                b'A' | b'B' | b'C' if set != Some(*code) => {
                    // Starts are 103 to 105; inside, sets A, B and C are called by 101, 100 and 99.
                    let value = if set.is_none() { 103 + (code - b'A') } else { 101 - (code - b'A') };
                    symbols.push(value);
                    set = Some(*code);
                    continue;
                }
                b'{' if set == Some(b'B') => {}
                _ => return None,
            }
        }
        match set? {
            b'C' if *byte <= 99 => {
                symbols.push(*byte);
                text.push_str(&format!("{byte:02}"));
            }
            b'B' if matches!(byte, b' '..=b'~') => {
                symbols.push(byte - b' ');
                text.push(char::from(*byte));
            }
            b'A' if matches!(byte, b' '..=b'_') => {
                symbols.push(byte - b' ');
                text.push(char::from(*byte));
            }
            _ => return None,
        }
    }
    let (start, others) = symbols.split_first()?;
    let weighted: u32 = others.iter().zip(1..).map(|(value, weight)| u32::from(*value) * weight).sum();
    let check = (u32::from(*start) + weighted) % 103;
    symbols.push(u8::try_from(check).ok()?);
    (!text.is_empty()).then_some((symbols, text))
}

/// Width in modules, the stop included.
pub(super) fn modules(symbols: &[u8]) -> u32 {
    symbols.iter().map(|_| 11).sum::<u32>() + 13
}

/// Widths in modules, bars and spaces in turn, beginning with a bar.
pub(super) fn widths(symbols: &[u8]) -> Vec<u32> {
    let drawn = symbols.iter().filter_map(|value| WIDTHS.get(usize::from(*value))).flat_map(|widths| widths.iter());
    drawn.chain(STOP).map(|digit| u32::from(digit - b'0')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_is_eleven_modules_and_no_two_are_alike() {
        for (value, widths) in WIDTHS.iter().enumerate() {
            assert_eq!(widths.iter().map(|digit| u32::from(digit - b'0')).sum::<u32>(), 11, "{value}");
            // Bars of a symbol add up to an even number of modules: the standard's self-check.
            assert_eq!(widths.iter().step_by(2).map(|digit| digit - b'0').sum::<u8>() % 2, 0, "{value}");
            assert!(WIDTHS[..value].iter().all(|other| other != widths), "{value}");
        }
    }

    #[test]
    fn checks_are_those_of_the_standard() {
        // ISO/IEC 15417's way of counting: 104 + 1*48 + 2*42 + 3*42 + 4*17 + 5*18 + 6*19 + 7*35 = 879, 879 mod 103 = 55.
        let (symbols, text) = read(b"{BPJJ123C").unwrap();
        assert_eq!((symbols.last(), text.as_str()), (Some(&55), "PJJ123C"));
        let (symbols, text) = read(b"{BR1-{C\0\0\x2a").unwrap();
        assert_eq!((symbols.as_slice(), text.as_str()), (&[104, 50, 17, 13, 99, 0, 0, 42, 93][..], "R1-000042"));
        assert_eq!(widths(&symbols).iter().sum::<u32>(), modules(&symbols));
    }

    #[test]
    fn what_it_cannot_hold_is_refused() {
        for data in [&b"AB"[..], b"", b"{B", b"{Ba\x07", b"{C\x64", b"{Ba{", b"{D12"] {
            assert_eq!(read(data), None, "{data:?}");
        }
    }
}
