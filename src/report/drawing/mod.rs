//! Pictures, drawn once: as SVG for the page and, by plotters, as PNG for slides.
//!
//! A chart is a [`Scene`]: lines, areas, dots and words at places in px, each in an [`Ink`] that names what it means and not
//! a colour. The page gives inks their colours by CSS, for light, dark and print; the PNG has those of the light page. Words
//! are measured with the font that both embed, so that none is cut off in either.

mod axis;
mod font;
mod png;
mod scene;
mod svg;

pub(super) use axis::Axis;
pub(super) use font::{Weight, fitting, lines_of, width_px};
pub use png::PictureError;
pub(super) use png::png;
#[cfg(test)]
pub(super) use scene::Item;
pub(super) use scene::{Anchor, Ink, Mark, Scene, Stroke};
pub(super) use svg::svg;

/// The embedded fonts as data for a page: regular and semi-bold.
pub(super) fn fonts_base64() -> [String; 2] {
    use base64::Engine as _;
    [Weight::Regular, Weight::Bold].map(|weight| base64::engine::general_purpose::STANDARD.encode(weight.bytes()))
}
