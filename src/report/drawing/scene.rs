//! What a picture is made of.

use super::font::Weight;

/// A picture: what lies later in the list covers what came before.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Width, px.
    pub width: f64,
    /// Height, px.
    pub height: f64,
    /// What it shows, in a few words: the name that a screen reader says.
    pub title: String,
    /// What there is to see, for who cannot see it.
    pub description: String,
    /// Its parts.
    pub items: Vec<Item>,
}

/// What a part means; its colour follows from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ink {
    /// Words and what matters.
    Text,
    /// Words that explain.
    Muted,
    /// Lines to read values by.
    Grid,
    /// The ground of a panel.
    Panel,
    /// The ground of all.
    Ground,
    /// The figure that the picture is about.
    Main,
    /// A second figure beside it.
    Second,
    /// A third.
    Third,
    /// What holds.
    Good,
    /// What is broken.
    Bad,
    /// What is not decided.
    Open,
}

impl Ink {
    /// All of them.
    pub const ALL: [Ink; 11] = [
        Ink::Text,
        Ink::Muted,
        Ink::Grid,
        Ink::Panel,
        Ink::Ground,
        Ink::Main,
        Ink::Second,
        Ink::Third,
        Ink::Good,
        Ink::Bad,
        Ink::Open,
    ];

    /// Its name in CSS.
    pub fn name(self) -> &'static str {
        match self {
            Ink::Text => "text",
            Ink::Muted => "muted",
            Ink::Grid => "grid",
            Ink::Panel => "panel",
            Ink::Ground => "ground",
            Ink::Main => "main",
            Ink::Second => "second",
            Ink::Third => "third",
            Ink::Good => "good",
            Ink::Bad => "bad",
            Ink::Open => "open",
        }
    }

    /// Its colour on light and on dark ground, 0xRRGGBB. The hues are those of M. Okabe and K. Ito, *Color Universal Design*
    /// (2008), which people with any colour vision tell apart, darkened or lightened until text in them has a contrast of
    /// 4.5 : 1 on its ground (WCAG 2.1, 1.4.3).
    pub fn colour(self) -> [u32; 2] {
        match self {
            Ink::Text => [0x1b_1f24, 0xe6_e9ed],
            Ink::Muted => [0x5a_6370, 0x9a_a4b2],
            Ink::Grid => [0xdd_e1e6, 0x2d_343d],
            Ink::Panel => [0xf6_f7f9, 0x1a_1f26],
            Ink::Ground => [0xff_ffff, 0x11_151a],
            Ink::Main => [0x00_5a9c, 0x5a_b4f0],
            Ink::Second => [0x9a_5b00, 0xe8_a33d],
            Ink::Third => [0x8a_4a76, 0xd7_92bf],
            Ink::Good => [0x00_6b4f, 0x2f_c49a],
            Ink::Bad => [0xb3_3a00, 0xff_8552],
            Ink::Open => [0x7a_5c00, 0xe3_bf3c],
        }
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Its ink.
    pub ink: Ink,
    /// How broad it is, px.
    pub width: f64,
    /// Whether it is broken into dashes.
    pub dashed: bool,
}

impl Stroke {
    /// An unbroken line.
    pub fn solid(ink: Ink, width: f64) -> Stroke {
        Stroke { ink, width, dashed: false }
    }

    /// A dashed line.
    pub fn dashed(ink: Ink, width: f64) -> Stroke {
        Stroke { ink, width, dashed: true }
    }
}

/// The shape of a dot: never colour alone tells two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A small square point.
    Point,
    /// A cross.
    Cross,
}

/// Where text stands to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// A part of a picture. Places are (x, y) in px from the upper left corner.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A line through these places.
    Path {
        /// The places.
        points: Vec<(f64, f64)>,
        /// How it is drawn.
        stroke: Stroke,
    },
    /// A filled shape.
    Area {
        /// Its corners.
        points: Vec<(f64, f64)>,
        /// Its ink.
        ink: Ink,
        /// How much of what lies below it covers, from 0 to 1.
        cover: f64,
    },
    /// Dots.
    Dots {
        /// Where.
        points: Vec<(f64, f64)>,
        /// From the middle to the edge, px.
        radius: f64,
        /// Its ink.
        ink: Ink,
        /// Its shape.
        mark: Mark,
    },
    /// Words on one line, standing on their place.
    Text {
        /// Where.
        at: (f64, f64),
        /// The words.
        text: String,
        /// Size of the font, px.
        size: f64,
        /// How it stands to its place.
        anchor: Anchor,
        /// Its ink.
        ink: Ink,
        /// How heavy.
        weight: Weight,
    },
}

impl Scene {
    /// An empty picture.
    pub fn new(width: f64, height: f64, title: impl Into<String>, description: impl Into<String>) -> Scene {
        Scene { width, height, title: title.into(), description: description.into(), items: Vec::new() }
    }

    /// Adds a line.
    pub fn path(&mut self, points: Vec<(f64, f64)>, stroke: Stroke) {
        if points.len() > 1 {
            self.items.push(Item::Path { points, stroke });
        }
    }

    /// Adds a straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        self.path(vec![from, to], stroke);
    }

    /// Adds a rectangle: its upper left corner and size.
    pub fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), ink: Ink, cover: f64) {
        let points = vec![(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
        self.area(points, ink, cover);
    }

    /// Adds a filled shape.
    pub fn area(&mut self, points: Vec<(f64, f64)>, ink: Ink, cover: f64) {
        if points.len() > 2 {
            self.items.push(Item::Area { points, ink, cover });
        }
    }

    /// Adds dots.
    pub fn dots(&mut self, points: Vec<(f64, f64)>, radius: f64, ink: Ink, mark: Mark) {
        if !points.is_empty() {
            self.items.push(Item::Dots { points, radius, ink, mark });
        }
    }

    /// Adds words.
    pub fn text(&mut self, at: (f64, f64), text: impl Into<String>, size: f64, anchor: Anchor, ink: Ink) {
        self.words(at, text.into(), size, anchor, ink, Weight::Regular);
    }

    /// Adds heavy words.
    pub fn bold(&mut self, at: (f64, f64), text: impl Into<String>, size: f64, anchor: Anchor, ink: Ink) {
        self.words(at, text.into(), size, anchor, ink, Weight::Bold);
    }

    fn words(&mut self, at: (f64, f64), text: String, size: f64, anchor: Anchor, ink: Ink, weight: Weight) {
        self.items.push(Item::Text { at, text, size, anchor, ink, weight });
    }

    /// Adds another picture with its upper left corner here.
    pub fn place(&mut self, other: Scene, (dx, dy): (f64, f64)) {
        let moved = |points: Vec<(f64, f64)>| points.into_iter().map(|(x, y)| (x + dx, y + dy)).collect();
        self.items.extend(other.items.into_iter().map(|item| match item {
            Item::Path { points, stroke } => Item::Path { points: moved(points), stroke },
            Item::Area { points, ink, cover } => Item::Area { points: moved(points), ink, cover },
            Item::Dots { points, radius, ink, mark } => Item::Dots { points: moved(points), radius, ink, mark },
            Item::Text { at: (x, y), text, size, anchor, ink, weight } => {
                Item::Text { at: (x + dx, y + dy), text, size, anchor, ink, weight }
            }
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.1.
    fn luminance(colour: u32) -> f64 {
        let channel = |shift: u32| {
            let value = f64::from(colour >> shift & 0xff) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
    }

    fn contrast(a: u32, b: u32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn words_in_any_ink_can_be_read_on_light_and_dark_ground() {
        for ink in Ink::ALL.into_iter().filter(|ink| ![Ink::Grid, Ink::Panel, Ink::Ground].contains(ink)) {
            for theme in [0, 1] {
                for ground in [Ink::Ground, Ink::Panel] {
                    let contrast = contrast(ink.colour()[theme], ground.colour()[theme]);
                    assert!(contrast >= 4.5, "{ink:?} on {ground:?}, theme {theme}: {contrast:.2}");
                }
            }
        }
    }

    #[test]
    fn a_picture_within_another_is_moved_as_a_whole() {
        let mut inner = Scene::new(10.0, 10.0, "inner", "");
        inner.rect((1.0, 1.0), (2.0, 2.0), Ink::Main, 1.0);
        inner.text((3.0, 4.0), "x", 10.0, Anchor::Start, Ink::Text);
        let mut outer = Scene::new(50.0, 50.0, "outer", "");
        outer.place(inner, (10.0, 20.0));
        assert!(matches!(&outer.items[0], Item::Area { points, .. } if points[0] == (11.0, 21.0)));
        assert!(matches!(&outer.items[1], Item::Text { at: (13.0, 24.0), .. }));
    }
}
