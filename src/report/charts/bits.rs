//! The bits of a score, scheme below scheme: which are kept, for what, and which have no place.

use super::super::drawing::{Anchor, Ink, Scene, Stroke, Weight, fitting};
use crate::precision::{Cell, Document, Drawing, Role, SchemeReport};

/// A cell, px.
const WIDTH: f64 = 13.0;
const HEIGHT: f64 = 30.0;
/// Between sign, exponent, fraction and what is lost, px.
const GAP: f64 = 8.0;
/// A scheme with its words, px.
const ROW: f64 = 92.0;
const LEGEND: f64 = 26.0;

/// The scores of all schemes.
pub fn bits(document: &Document) -> Scene {
    let drawn: Vec<(&SchemeReport, &Drawing)> =
        document.schemes.iter().filter_map(|scheme| Some((scheme, scheme.drawn()?))).collect();
    let breadth = |drawing: &Drawing| {
        let lost = if drawing.lost.is_empty() { 0.0 } else { drawing.lost.len() as f64 * WIDTH + GAP };
        drawing.bits.len() as f64 * WIDTH + 2.0 * GAP + lost
    };
    let width = drawn.iter().map(|(_, drawing)| breadth(drawing)).fold(560.0, f64::max);
    let height = LEGEND + drawn.len() as f64 * ROW;
    let mut scene = Scene::new(width, height, "The bits of a score", document.sentence.clone());
    let mut x = 0.0;
    for role in Role::ALL.into_iter().filter(|role| drawn.iter().any(|(_, drawing)| drawing.count(*role) > 0)) {
        scene.rect((x, 2.0), (WIDTH, 14.0), ink(role), 0.35);
        scene.text((x + WIDTH / 2.0, 12.5), role.letter(), 11.0, Anchor::Middle, Ink::Text);
        scene.text((x + WIDTH + 5.0, 13.0), role.name(), 12.0, Anchor::Start, Ink::Muted);
        x += 100.0;
    }
    for (row, (scheme, drawing)) in drawn.into_iter().enumerate() {
        let y = LEGEND + row as f64 * ROW;
        let head = format!("{}: {}, counter {}", scheme.name.text(), scheme.formula, drawing.counter);
        scene.bold((0.0, y + 15.0), fitting(&head, 14.0, Weight::Bold, width), 14.0, Anchor::Start, Ink::Text);
        let mut x = 0.0;
        for field in [&drawing.bits[..1], &drawing.bits[1..12], &drawing.bits[12..], &drawing.lost] {
            for bit in field {
                cell(&mut scene, bit, (x, y + 22.0));
                x += WIDTH;
            }
            x += GAP;
        }
        let words = fitting(&scheme.meant_and_stored(drawing), 12.0, Weight::Regular, width);
        scene.text((0.0, y + 68.0), words, 12.0, Anchor::Start, Ink::Muted);
    }
    scene
}

fn cell(scene: &mut Scene, cell: &Cell, (x, y): (f64, f64)) {
    let (ink, cover) = (ink(cell.role), if cell.value == 1 { 0.35 } else { 0.12 });
    let (right, bottom) = (x + WIDTH - 1.0, y + HEIGHT);
    scene.rect((x, y), (WIDTH - 1.0, HEIGHT), ink, cover);
    if cell.role == Role::Lost {
        let corners = vec![(x, y), (right, y), (right, bottom), (x, bottom), (x, y)];
        scene.path(corners, Stroke::solid(ink, 1.0));
    }
    let middle = x + (WIDTH - 1.0) / 2.0;
    scene.text((middle, y + 13.0), cell.value.to_string(), 11.0, Anchor::Middle, Ink::Text);
    scene.text((middle, y + 26.0), cell.role.letter(), 10.0, Anchor::Middle, Ink::Text);
}

fn ink(role: Role) -> Ink {
    match role {
        Role::Sign => Ink::Third,
        Role::Exponent => Ink::Second,
        Role::Timestamp => Ink::Main,
        Role::Counter => Ink::Good,
        Role::Unused => Ink::Muted,
        Role::Lost => Ink::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::drawing::Item;
    use super::*;
    use crate::precision::Request;

    #[test]
    fn every_bit_stands_there_with_its_digit_and_its_letter() {
        let document = Document::new(&Request::of_the_designs());
        let scene = bits(&document);
        let words = |word: &str| {
            let text = |item: &&Item| matches!(item, Item::Text { text, .. } if text == word);
            scene.items.iter().filter(text).count()
        };
        let drawn: Vec<&Drawing> = document.schemes.iter().filter_map(SchemeReport::drawn).collect();
        let all: usize = drawn.iter().map(|drawing| drawing.bits.len() + drawing.lost.len()).sum();
        assert_eq!(words("0") + words("1"), all);
        for role in Role::ALL {
            let cells: usize = drawn.iter().map(|drawing| drawing.count(role)).sum();
            assert_eq!(words(&role.letter().to_string()), cells + 1, "{role:?}, and once in the legend");
        }
    }
}
