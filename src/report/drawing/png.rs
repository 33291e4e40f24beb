//! A scene as PNG, drawn by plotters with the embedded font: the same bytes on every machine.

use plotters::prelude::*;
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::font::Weight;
use super::scene::{Anchor, Ink, Item, Mark, Scene, Stroke};

/// Pixels of the picture for each px of the scene: screens have two.
const SCALE: usize = 2;

/// It is drawn so much larger still and then averaged, which makes edges smooth that plotters leaves jagged.
const FINER: usize = 2;

/// Why a picture cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Plotters.
    #[error("a picture cannot be drawn: {0}")]
    Drawing(String),
    /// The encoder.
    #[error("a picture cannot be encoded: {0}")]
    Encoding(#[from] png::EncodingError),
}

/// The bytes of the file, in the colours of the light page.
///
/// # Errors
/// When it cannot be drawn or encoded.
pub fn png(scene: &Scene) -> Result<Vec<u8>, PictureError> {
    let fine = SCALE * FINER;
    let (width, height) = (pixels(scene.width) * SCALE, pixels(scene.height) * SCALE);
    let mut drawn = vec![0_u8; width * FINER * height * FINER * 3];
    draw(scene, &mut drawn, (width * FINER, height * FINER), fine as f64)?;
    encode(&averaged(&drawn, (width, height)), (width, height))
}

/// A length in whole pixels.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the size of a picture: some thousands")]
fn pixels(px: f64) -> usize {
    px.clamp(1.0, 8_192.0).ceil() as usize
}

fn draw(scene: &Scene, buffer: &mut [u8], (width, height): (usize, usize), fine: f64) -> Result<(), PictureError> {
    for weight in [Weight::Regular, Weight::Bold] {
        plotters::style::register_font(family(weight), FontStyle::Normal, weight.bytes())
            .map_err(|_| PictureError::Drawing("the embedded font cannot be read".to_owned()))?;
    }
    let size = [width, height].map(|length| u32::try_from(length).unwrap_or(u32::MAX));
    let area = BitMapBackend::with_buffer(buffer, (size[0], size[1])).into_drawing_area();
    area.fill(&colour(Ink::Ground)).map_err(failed)?;
    for item in &scene.items {
        part(&area, item, fine)?;
    }
    area.present().map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> PictureError {
    PictureError::Drawing(error.to_string())
}

type Canvas<'a> = DrawingArea<BitMapBackend<'a>, plotters::coord::Shift>;

fn part(area: &Canvas<'_>, item: &Item, fine: f64) -> Result<(), PictureError> {
    let at = |(x, y): &(f64, f64)| (place(x * fine), place(y * fine));
    match item {
        Item::Path { points, stroke } => {
            let style = line_style(stroke, fine);
            if stroke.dashed {
                for (from, to) in dashes(points) {
                    area.draw(&PathElement::new(vec![at(&from), at(&to)], style)).map_err(failed)?;
                }
                return Ok(());
            }
            area.draw(&PathElement::new(points.iter().map(at).collect::<Vec<_>>(), style)).map_err(failed)
        }
        Item::Area { points, ink, cover } => {
            let style = colour(*ink).mix(*cover).filled();
            if let [(x, y), _, (right, bottom), _] = points.as_slice()
                && points[1] == (*right, *y)
                && points[3] == (*x, *bottom)
            {
                let (from, (right, bottom)) = (at(&(*x, *y)), at(&(*right, *bottom)));
                // The last pixel belongs to a rectangle of plotters; one that is thinner than a pixel is still seen.
                let to = ((right - 1).max(from.0), (bottom - 1).max(from.1));
                return area.draw(&Rectangle::new([from, to], style)).map_err(failed);
            }
            area.draw(&Polygon::new(points.iter().map(at).collect::<Vec<_>>(), style)).map_err(failed)
        }
        Item::Dots { points, radius, ink, mark } => {
            let style = colour(*ink).filled();
            for point in points {
                let (x, y) = at(point);
                let reach = place(radius * fine);
                match mark {
                    Mark::Point => area.draw(&Circle::new((x, y), reach, style)).map_err(failed)?,
                    Mark::Cross => {
                        let arms = line_style(&Stroke::solid(*ink, 1.2), fine);
                        for (from, to) in [((-1, -1), (1, 1)), ((-1, 1), (1, -1))] {
                            let end = |(dx, dy): (i32, i32)| (x + dx * reach, y + dy * reach);
                            area.draw(&PathElement::new(vec![end(from), end(to)], arms)).map_err(failed)?;
                        }
                    }
                }
            }
            Ok(())
        }
        Item::Text { at: position, text, size, anchor, ink, weight } => {
            let horizontal = match anchor {
                Anchor::Start => HPos::Left,
                Anchor::Middle => HPos::Center,
                Anchor::End => HPos::Right,
            };
            let font = FontDesc::new(FontFamily::Name(family(*weight)), weight.scale(size * fine), FontStyle::Normal)
                .transform(FontTransform::None);
            let colour = colour(*ink);
            let style = TextStyle::from(font).color(&colour).pos(Pos::new(horizontal, VPos::Bottom));
            // Plotters counts from the lowest line of the font; words stand on their base line.
            let (x, y) = at(position);
            let below = place(DESCENT * size * fine);
            area.draw(&Text::new(text.as_str(), (x, y + below), style)).map_err(failed)
        }
    }
}

/// How far the font reaches below the base line, in em.
const DESCENT: f64 = 0.24;

fn family(weight: Weight) -> &'static str {
    match weight {
        Weight::Regular => "stanchion-regular",
        Weight::Bold => "stanchion-bold",
    }
}

fn colour(ink: Ink) -> RGBColor {
    let [_, red, green, blue] = ink.colour()[0].to_be_bytes();
    RGBColor(red, green, blue)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a line is some pixels broad")]
fn line_style(stroke: &Stroke, fine: f64) -> ShapeStyle {
    let width = (stroke.width * fine).round().clamp(1.0, 1_000.0) as u32;
    ShapeStyle { color: colour(stroke.ink).to_rgba(), filled: false, stroke_width: width }
}

#[expect(clippy::cast_possible_truncation, reason = "kept to the range of an i32")]
fn place(value: f64) -> i32 {
    value.round().clamp(-1e6, 1e6) as i32
}

/// The dashes of a line: five px, then four of nothing.
fn dashes(points: &[(f64, f64)]) -> Vec<((f64, f64), (f64, f64))> {
    const ON: f64 = 5.0;
    const OFF: f64 = 4.0;
    let mut out = Vec::new();
    let (mut drawing, mut left) = (true, ON);
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let along = |way: f64| (x0 + (x1 - x0) * way / length, y0 + (y1 - y0) * way / length);
        let mut way = 0.0;
        while way < length {
            let step = left.min(length - way);
            if drawing {
                out.push((along(way), along(way + step)));
            }
            way += step;
            left -= step;
            if left <= 1e-9 {
                drawing = !drawing;
                left = if drawing { ON } else { OFF };
            }
        }
    }
    out
}

/// Each pixel the mean of those it was drawn as.
fn averaged(fine: &[u8], (width, height): (usize, usize)) -> Vec<u8> {
    const PARTS: u32 = (FINER * FINER) as u32;
    let row = width * FINER * 3;
    let mut out = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let mut sum = PARTS / 2;
                for dy in 0..FINER {
                    for dx in 0..FINER {
                        sum += u32::from(fine[(y * FINER + dy) * row + (x * FINER + dx) * 3 + channel]);
                    }
                }
                // A mean of bytes is one.
                out.push(u8::try_from(sum / PARTS).unwrap_or(u8::MAX));
            }
        }
    }
    out
}

fn encode(pixels: &[u8], (width, height): (usize, usize)) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    let size = [width, height].map(|length| u32::try_from(length).unwrap_or(u32::MAX));
    let mut encoder = png::Encoder::new(&mut bytes, size[0], size[1]);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // 144 dots an inch: shown at the size of the scene where that is heeded.
    let per_metre = (72.0 * SCALE as f64 / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_scene_gives_the_same_bytes_and_its_ink_is_on_the_picture() {
        let mut scene = Scene::new(40.0, 20.0, "", "");
        scene.rect((0.0, 0.0), (20.0, 20.0), Ink::Main, 1.0);
        scene.bold((22.0, 14.0), "x", 14.0, Anchor::Start, Ink::Text);
        scene.line((0.0, 10.0), (40.0, 10.0), Stroke::dashed(Ink::Bad, 1.0));
        scene.dots(vec![(30.0, 5.0)], 2.0, Ink::Bad, Mark::Cross);
        let bytes = png(&scene).unwrap();
        assert_eq!(bytes, png(&scene).unwrap());
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (80, 40));
        let pixel = |x: usize, y: usize| &pixels[(y * 80 + x) * 3..][..3];
        assert_eq!(pixel(10, 5), [0x00, 0x5a, 0x9c]);
        assert_eq!(pixel(70, 35), [0xff, 0xff, 0xff]);
        let dark = pixels.chunks(3).filter(|pixel| pixel.iter().all(|channel| *channel < 0x40)).count();
        assert!(dark > 5, "the letter is there: {dark}");
    }

    #[test]
    fn dashes_have_gaps_over_corners_too() {
        let dashes = dashes(&[(0.0, 0.0), (7.0, 0.0), (7.0, 11.0)]);
        let length: f64 = dashes.iter().map(|((x0, y0), (x1, y1))| (x1 - x0).hypot(y1 - y0)).sum();
        assert!((length - 10.0).abs() < 1e-9, "two dashes in 18 px: {dashes:?}");
    }
}
