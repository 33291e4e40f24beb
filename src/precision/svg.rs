//! The bits of a score as a picture, for pages that bring their own colours.
//!
//! The classes are `bit` with one of `bit-sign`, `bit-exponent`, `bit-timestamp`, `bit-counter`, `bit-unused` and `bit-lost`,
//! and `bit-zero` where the bit is 0; `bit-letter` and `bit-label` are texts. Each cell shows its digit and its letter and
//! says in its title what it is worth, so that colour is never alone.

use super::bits::{Cell, Drawing, Role};
use super::document::SchemeReport;

/// A cell, pixels.
const CELL_WIDTH: usize = 14;
const CELL_HEIGHT: usize = 30;
/// Between sign, exponent, fraction and what is lost.
const GAP: usize = 8;
/// Above the cells, for the names of the fields.
const HEAD: usize = 18;

/// Draws the score of a scheme, each bit of any two pictures as wide.
#[must_use]
pub fn svg(scheme: &SchemeReport, drawing: &Drawing) -> String {
    let fields = [
        ("sign", &drawing.bits[..1]),
        ("exponent", &drawing.bits[1..12]),
        ("fraction", &drawing.bits[12..]),
        ("lost", &drawing.lost),
    ];
    let (mut x, mut body) = (0, String::new());
    for (name, cells) in fields {
        if cells.is_empty() {
            continue;
        }
        // A field of one bit is too narrow for its name.
        if cells.len() > 3 {
            body.push_str(&format!("<text class=\"bit-label\" x=\"{x}\" y=\"12\">{name}</text>\n"));
        }
        for cell in cells {
            body.push_str(&drawn(cell, x));
            x += CELL_WIDTH;
        }
        x += GAP;
    }
    let (width, height) = (x - GAP, HEAD + CELL_HEIGHT);
    let title = escaped(&format!("{}: {}, counter {}", scheme.name.text(), scheme.formula, drawing.counter));
    format!(
        "<svg class=\"bits\" role=\"img\" viewBox=\"0 0 {width} {height}\" style=\"width:{width}px\" \
         font-family=\"inherit\" font-size=\"10\">\n<title>{title}: {}</title>\n{body}</svg>\n",
        summary(drawing)
    )
}

/// How many bits are there for what.
fn summary(drawing: &Drawing) -> String {
    let counts = Role::ALL.into_iter().map(|role| (role, drawing.count(role))).filter(|(_, count)| *count > 0);
    counts.map(|(role, count)| format!("{count} {}", role.name())).collect::<Vec<_>>().join(", ")
}

fn drawn(cell: &Cell, x: usize) -> String {
    let (role, value) = (cell.role.name(), cell.value);
    let zero = if value == 0 { " bit-zero" } else { "" };
    let place = cell.index.map_or_else(|| "no place".to_owned(), |index| format!("bit {index}"));
    let worth = cell.power.map(|power| format!(", worth 2^{power}")).unwrap_or_default();
    let (middle, digit_y, letter_y) = (x + CELL_WIDTH / 2, HEAD + 13, HEAD + 25);
    format!(
        "<g class=\"bit bit-{role}{zero}\"><title>{place}: {value}, {role}{worth}</title>\
         <rect x=\"{x}\" y=\"{HEAD}\" width=\"{CELL_WIDTH}\" height=\"{CELL_HEIGHT}\"/>\
         <text x=\"{middle}\" y=\"{digit_y}\" text-anchor=\"middle\">{value}</text>\
         <text class=\"bit-letter\" x=\"{middle}\" y=\"{letter_y}\" text-anchor=\"middle\">{}</text></g>\n",
        cell.role.letter()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::document::{Document, Request};
    use super::super::scheme::Scheme;
    use super::*;

    fn drawn_of(scheme: Scheme) -> (SchemeReport, String) {
        let request = Request { schemes: vec![scheme], ts_ms: 1_759_656_550_865, joins_per_ms: 30, general: false };
        let report = Document::new(&request).schemes.remove(0);
        let picture = svg(&report, report.drawn().unwrap());
        (report, picture)
    }

    #[test]
    fn every_bit_is_a_cell_with_digit_letter_and_title_so_that_colour_is_never_alone() {
        let (report, picture) = drawn_of(Scheme::Shift { bits: 24 });
        let drawing = report.drawn().unwrap();
        let count = |part: &str| picture.matches(part).count();
        assert_eq!((count("<rect "), count("<g class=\"bit bit-")), (64 + 12, 64 + 12));
        assert_eq!((count("<title>"), count("</title>")), (1 + 64 + 12, 1 + 64 + 12));
        for role in Role::ALL {
            let cells = drawing.count(role);
            assert_eq!(count(&format!("bit-{}", role.name())), cells, "{role:?}");
            assert_eq!(count(&format!(">{}</text></g>", role.letter())), cells, "{role:?}");
        }
        assert!(picture.contains("<title>no place: 1, lost, worth 2^0</title>"));
        assert!(picture.contains("1 sign, 11 exponent, 40 timestamp, 12 counter, 12 lost</title>"));
    }

    #[test]
    fn a_score_that_loses_nothing_has_no_field_for_it() {
        let (_, picture) = drawn_of(Scheme::Centi);
        assert_eq!(picture.matches("<rect ").count(), 64);
        assert!(!picture.contains("lost"));
        let width = 64 * CELL_WIDTH + 2 * GAP;
        assert!(picture.contains(&format!("viewBox=\"0 0 {width} ")), "no room is left for it either");
    }
}
