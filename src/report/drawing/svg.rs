//! A scene as SVG, to stand in a page: inks are CSS classes, so that light, dark and print each have their colours.

use std::fmt::Write as _;

use super::font::Weight;
use super::scene::{Anchor, Item, Mark, Scene, Stroke};

/// The element. `id` tells its title and description from those of others on the page.
pub fn svg(scene: &Scene, id: &str) -> String {
    let (width, height) = (number(scene.width), number(scene.height));
    let mut out = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {width} {height}\" style=\"max-width:{width}px\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\"><title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>",
        escaped(&scene.title),
        escaped(&scene.description),
    );
    for item in &scene.items {
        part(&mut out, item);
    }
    out.push_str("</svg>");
    out
}

fn part(out: &mut String, item: &Item) {
    // Writing to a string cannot fail.
    let _ = match item {
        Item::Path { points, stroke: Stroke { ink, width, dashed } } => {
            let dash = if *dashed { " stroke-dasharray=\"5 4\"" } else { "" };
            write!(
                out,
                "<path class=\"s-{}\" fill=\"none\" stroke-width=\"{}\"{dash} d=\"{}\"/>",
                ink.name(),
                number(*width),
                through(points)
            )
        }
        Item::Area { points, ink, cover } => {
            let opacity = if *cover < 1.0 { format!(" fill-opacity=\"{}\"", number(*cover)) } else { String::new() };
            write!(out, "<path class=\"f-{}\"{opacity} d=\"{}Z\"/>", ink.name(), through(points))
        }
        Item::Dots { points, radius, ink, mark: Mark::Point } => {
            // A line of no length with round ends is a dot, and the shortest way to write thousands of them.
            write!(
                out,
                "<path class=\"s-{}\" fill=\"none\" stroke-linecap=\"round\" stroke-width=\"{}\" d=\"{}\"/>",
                ink.name(),
                number(radius * 2.0),
                points.iter().map(|(x, y)| format!("M{} {}h0", number(*x), number(*y))).collect::<String>()
            )
        }
        Item::Dots { points, radius, ink, mark: Mark::Cross } => {
            let arm = number(radius * 2.0);
            let cross = |(x, y): &(f64, f64)| {
                format!("M{} {}l{arm} {arm}m-{arm} 0l{arm} -{arm}", number(x - radius), number(y - radius))
            };
            let crosses: String = points.iter().map(cross).collect();
            write!(out, "<path class=\"s-{}\" fill=\"none\" stroke-width=\"1.2\" d=\"{crosses}\"/>", ink.name())
        }
        Item::Text { at: (x, y), text, size, anchor, ink, weight } => {
            let anchor = match anchor {
                Anchor::Start => "",
                Anchor::Middle => " text-anchor=\"middle\"",
                Anchor::End => " text-anchor=\"end\"",
            };
            let weight = if *weight == Weight::Bold { " font-weight=\"600\"" } else { "" };
            write!(
                out,
                "<text class=\"f-{}\" x=\"{}\" y=\"{}\" font-size=\"{}\"{anchor}{weight}>{}</text>",
                ink.name(),
                number(*x),
                number(*y),
                number(*size),
                escaped(text)
            )
        }
    };
}

fn through(points: &[(f64, f64)]) -> String {
    let mut out = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let _ = write!(out, "{}{} {}", if index == 0 { "M" } else { "L" }, number(*x), number(*y));
    }
    out
}

/// A tenth of a pixel is enough, and short.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text for an element or attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no control characters.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::scene::Ink;
    use super::*;

    #[test]
    fn every_part_is_written_and_names_cannot_become_markup() {
        let mut scene = Scene::new(100.0, 50.0, "<b>", "a & b");
        scene.line((0.0, 0.0), (10.04, 0.25), Stroke::dashed(Ink::Grid, 1.0));
        scene.rect((1.0, 2.0), (3.0, 4.0), Ink::Panel, 0.5);
        scene.dots(vec![(5.0, 6.0)], 1.5, Ink::Main, Mark::Point);
        scene.dots(vec![(5.0, 6.0)], 2.0, Ink::Bad, Mark::Cross);
        scene.bold((-0.01, 9.0), "\"x\" <script>\u{1}", 12.0, Anchor::End, Ink::Text);
        let text = svg(&scene, "one");
        for part in [
            "viewBox=\"0 0 100 50\"",
            "<title id=\"one-t\">&lt;b&gt;</title><desc id=\"one-d\">a &amp; b</desc>",
            "<path class=\"s-grid\" fill=\"none\" stroke-width=\"1\" stroke-dasharray=\"5 4\" d=\"M0 0L10 0.2\"/>",
            "<path class=\"f-panel\" fill-opacity=\"0.5\" d=\"M1 2L4 2L4 6L1 6Z\"/>",
            "stroke-width=\"3\" d=\"M5 6h0\"/>",
            "d=\"M3 4l4 4m-4 0l4 -4\"/>",
            "<text class=\"f-text\" x=\"0\" y=\"9\" font-size=\"12\" text-anchor=\"end\" font-weight=\"600\">&quot;x&quot; &lt;script&gt; </text>",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
