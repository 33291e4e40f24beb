//! The embedded font, and how much room words take in it.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef};

/// How heavy words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// As text is.
    Regular,
    /// As headings are.
    Bold,
}

impl Weight {
    /// The font: Inter, cut down to the characters that reports use (`fonts/OFL.txt`).
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Weight::Regular => include_bytes!("fonts/Inter-Regular.otf"),
            Weight::Bold => include_bytes!("fonts/Inter-SemiBold.otf"),
        }
    }

    fn font(self) -> &'static FontRef<'static> {
        static FONTS: LazyLock<[FontRef<'static>; 2]> = LazyLock::new(|| {
            [Weight::Regular, Weight::Bold]
                .map(|weight| FontRef::try_from_slice(weight.bytes()).expect("the embedded fonts are fonts"))
        });
        &FONTS[usize::from(self == Weight::Bold)]
    }

    /// What ab_glyph calls the scale of this font for an em of so many px: its scale is the height from the lowest to the
    /// highest line.
    pub fn scale(self, size_px: f64) -> f64 {
        let font = self.font();
        let units = font.units_per_em().unwrap_or(1000.0);
        size_px * f64::from(font.height_unscaled()) / f64::from(units)
    }
}

/// How wide words are, px. Characters that the font lacks count as an em: so wide are the widest of other fonts.
pub fn width_px(text: &str, size_px: f64, weight: Weight) -> f64 {
    let font = weight.font();
    let units = f64::from(font.units_per_em().unwrap_or(1000.0));
    let advance = |c: char| {
        let glyph = font.glyph_id(c);
        if glyph.0 == 0 { units } else { f64::from(font.h_advance_unscaled(glyph)) }
    };
    text.chars().map(advance).sum::<f64>() / units * size_px
}

/// The words, cut with `…` at their end until they fit.
pub fn fitting(text: &str, size_px: f64, weight: Weight, room_px: f64) -> String {
    if width_px(text, size_px, weight) <= room_px {
        return text.to_owned();
    }
    let mut cut: Vec<char> = text.chars().collect();
    while cut.pop().is_some() {
        let shown = format!("{}…", cut.iter().collect::<String>().trim_end());
        if width_px(&shown, size_px, weight) <= room_px {
            return shown;
        }
    }
    String::new()
}

/// The words in lines that fit, broken between words; a word that is too long alone is cut. With more than `most` lines the
/// last is cut with `…`.
pub fn lines_of(text: &str, size_px: f64, weight: Weight, room_px: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if width_px(&longer, size_px, weight) <= room_px || lines.len() == most {
                // What does not fit on the last line is cut below.
                *lines.last_mut().expect("there is one: it was just looked at") = longer;
                continue;
            }
        }
        lines.push(word.to_owned());
    }
    lines.iter().map(|line| fitting(line, size_px, weight, room_px)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_have_every_character_that_pictures_use_with_digits_of_one_width() {
        for weight in [Weight::Regular, Weight::Bold] {
            let has = |c: char| weight.font().glyph_id(c).0 != 0;
            let used = ('!'..='~').chain("–—…✓✗µ≤≥→←↑↓−×·±≈²³⁵°§".chars());
            let missing: String = used.filter(|c| !has(*c)).collect();
            assert_eq!(missing, "");
        }
        // In tables they stand below each other.
        let widths: Vec<f64> = ('0'..='9').map(|c| width_px(&c.to_string(), 100.0, Weight::Regular)).collect();
        assert!(widths.iter().all(|width| (width - widths[0]).abs() < 0.01), "{widths:?}");
    }

    #[test]
    fn words_are_cut_only_where_they_do_not_fit() {
        let room = width_px("waiting room", 12.0, Weight::Regular);
        assert_eq!(fitting("waiting room", 12.0, Weight::Regular, room), "waiting room");
        let cut = fitting("waiting room for tickets", 12.0, Weight::Regular, room);
        assert!(cut.ends_with('…') && width_px(&cut, 12.0, Weight::Regular) <= room, "{cut}");
        assert_eq!(fitting("waiting", 12.0, Weight::Regular, 0.0), "");
    }

    #[test]
    fn lines_hold_all_words_and_the_last_of_too_many_is_cut() {
        let text = "nobody is overtaken, nobody is lost and nobody gets in twice";
        let lines = lines_of(text, 12.0, Weight::Regular, 120.0, 9);
        assert!(lines.len() > 2 && lines.iter().all(|line| width_px(line, 12.0, Weight::Regular) <= 120.0));
        assert_eq!(lines.join(" "), text);
        let few = lines_of(text, 12.0, Weight::Regular, 120.0, 2);
        assert!(few.len() == 2 && few[1].ends_with('…'), "{few:?}");
    }
}
