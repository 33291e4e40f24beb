//! For the terminal: the finding first, then the bits of a score, scheme by scheme, then the tables. 80 columns are enough,
//! but for commands, which stay whole to be pasted.

use comfy_table::{Table, presets};

use super::bits::{Cell, Drawing, Role};
use super::document::{Document, SchemeReport};
use super::questions::Live;
use super::words::{self, Columns, listed};

/// The widest row that is drawn.
const COLUMNS: usize = 80;

const PLAIN: &str = "\u{1b}[0m";

/// Renders the demonstration for a terminal of this width (`None`: as wide as it gets). Colour is only put on top of
/// letters and words.
#[must_use]
pub fn text(document: &Document, width: Option<u16>, colour: bool) -> String {
    let mut page = Page { out: String::new(), width: width.map(usize::from), colour };
    page.paragraph(&document.sentence);
    page.legend(document);
    for scheme in &document.schemes {
        page.scheme(scheme);
    }
    page.gap();
    page.table(&words::schemes(document));
    page.gap();
    page.paragraph(&words::reading(document));
    if !document.shifts.is_empty() {
        page.gap();
        page.paragraph("What a shift leaves for the counter:");
        page.table(&words::shifts(document));
    }
    let facts = words::facts(document);
    if !facts.is_empty() {
        page.gap();
        page.paragraph("Whatever the scheme:");
        facts.iter().for_each(|line| page.point(line));
    }
    if let Some(live) = &document.live {
        page.live(live);
    }
    page.out
}

struct Page {
    out: String,
    width: Option<usize>,
    colour: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn gap(&mut self) {
        self.out.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        let lines = wrapped(text, self.width, 0);
        self.line(&lines);
    }

    fn point(&mut self, text: &str) {
        let lines = wrapped(&format!("• {text}"), self.width, 2);
        self.line(&lines);
    }

    /// What the letters mean, those that are used.
    fn legend(&mut self, document: &Document) {
        self.gap();
        let utc = document.ts.utc.as_deref().unwrap_or_default();
        self.paragraph(&format!("The 64 bits of the score of ts {} ({utc}):", document.ts.ms));
        let drawings: Vec<&Drawing> = document.schemes.iter().filter_map(SchemeReport::drawn).collect();
        let used = Role::ALL.into_iter().filter(|role| drawings.iter().any(|drawing| drawing.count(*role) > 0));
        let words = used.map(|role| self.painted(&format!("{} {}", role.letter(), role.name()), role));
        let words = words.collect::<Vec<_>>().join("   ");
        self.line(&format!(" {words}"));
    }

    fn scheme(&mut self, scheme: &SchemeReport) {
        let Some(drawing) = scheme.drawn() else { return };
        self.gap();
        self.paragraph(&format!("{}: {}, counter {}", scheme.name.text(), scheme.formula, drawing.counter));
        let digit = |cell: &Cell| char::from(b'0' + cell.value);
        let letter = |cell: &Cell| cell.role.letter();
        // The lost bits hang over the edge where there is room for them.
        let fields = [&drawing.bits[..1], &drawing.bits[1..12], &drawing.bits[12..], &drawing.lost];
        let hangs = fields.iter().map(|cells| 1 + cells.len()).sum::<usize>() <= COLUMNS;
        let fields = if hangs { &fields[..] } else { &fields[..3] };
        for shown in [&digit as &dyn Fn(&Cell) -> char, &letter] {
            let fields: Vec<String> = fields.iter().map(|cells| self.cells(cells, shown)).collect();
            self.line(&format!(" {}", fields.join(" ")));
        }
        if !hangs {
            let (lost, letters) = (self.cells(&drawing.lost, &digit), self.cells(&drawing.lost, &letter));
            self.line(&format!(" and lost: {lost}\n           {letters}"));
        }
        self.point(&scheme.meant_and_stored(drawing));
        self.point(&scheme.sentence);
        self.point(&scheme.pairs);
    }

    /// Bits in a row, each painted by its role.
    fn cells(&self, cells: &[Cell], shown: &dyn Fn(&Cell) -> char) -> String {
        let runs = cells.chunk_by(|one, next| one.role == next.role);
        runs.map(|run| self.painted(&run.iter().map(shown).collect::<String>(), run[0].role)).collect()
    }

    fn painted(&self, text: &str, role: Role) -> String {
        let style = match role {
            Role::Sign => "\u{1b}[35m",
            Role::Exponent => "\u{1b}[33m",
            Role::Timestamp => "\u{1b}[36m",
            Role::Counter => "\u{1b}[32m",
            Role::Unused => "\u{1b}[2m",
            Role::Lost => "\u{1b}[31;7m",
        };
        if self.colour { format!("{style}{text}{PLAIN}") } else { text.to_owned() }
    }

    fn table(&mut self, columns: &Columns) {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(&columns.headers);
        table.add_rows(&columns.rows);
        for line in table.to_string().lines() {
            self.line(line);
        }
    }

    fn live(&mut self, live: &Live) {
        self.gap();
        self.paragraph(&words::asked(live));
        for part in live.commands.chunk_by(|one, next| one.part == next.part) {
            self.gap();
            part.iter().take(1).for_each(|asked| self.paragraph(&asked.part));
            for asked in part {
                self.line(&format!("  {}", asked.command));
                let (answer, about) = (&asked.answer, &asked.about);
                if asked.agrees {
                    self.line(&format!("    ✓ {answer}  ({about})"));
                } else {
                    self.line(&format!("    ✗ {answer}, but computed: {}  ({about})", asked.computed));
                }
            }
        }
    }
}

impl SchemeReport {
    /// The score that is drawn: the one in the middle.
    #[must_use]
    pub fn drawn(&self) -> Option<&Drawing> {
        self.scores.get(self.scores.len() / 2)
    }

    /// The number that was meant, the one that is stored, and who else has it.
    #[must_use]
    pub fn meant_and_stored(&self, drawing: &Drawing) -> String {
        let counters = listed(&self.scores.iter().map(|score| score.counter.to_string()).collect::<Vec<_>>());
        let scores = match self.distinct {
            1 => "have one score".to_owned(),
            distinct => format!("have {distinct} scores"),
        };
        format!("meant {}, stored {}: counters {counters} {scores}", drawing.exact, drawing.stored)
    }
}

/// Breaks a text between words, so that no line is wider; further lines are indented.
fn wrapped(text: &str, width: Option<usize>, indent: usize) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && width.is_some_and(|width| column + 1 + length > width) {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::cases::schemes;
    use super::super::document::{JOINS_PER_MS_DEFAULT, Request, TS_MS_DEFAULT, midnight_before};
    use super::super::scheme::{SHIFT_MAX, Scheme};
    use super::*;
    use proptest::prelude::*;

    fn of(schemes: Vec<Scheme>, ts_ms: u64, general: bool) -> Document {
        Document::new(&Request { schemes, ts_ms, joins_per_ms: JOINS_PER_MS_DEFAULT, general })
    }

    #[test]
    fn the_page_reads_as_it_should() {
        let epoch_ms = midnight_before(TS_MS_DEFAULT);
        let schemes =
            vec![Scheme::Shift { bits: 24 }, Scheme::Decimal, Scheme::Centi, Scheme::Rebased { epoch_ms, bits: 20 }];
        insta::assert_snapshot!("text", text(&of(schemes, TS_MS_DEFAULT, true), Some(80), false));
    }

    #[test]
    fn colour_is_put_on_top_and_changes_nothing_else() {
        let document = of(vec![Scheme::Shift { bits: 30 }], TS_MS_DEFAULT, false);
        let painted = text(&document, Some(80), true);
        let mut plain = String::new();
        for part in painted.split('\u{1b}') {
            plain.push_str(part.strip_prefix('[').and_then(|part| part.split_once('m')).map_or(part, |(_, rest)| rest));
        }
        assert!(painted.len() > plain.len());
        assert_eq!(plain, text(&document, Some(80), false));
    }

    proptest! {
        #[test]
        fn whatever_is_asked_eighty_columns_are_enough((scheme, ts_ms) in schemes(SHIFT_MAX), general in any::<bool>()) {
            let page = text(&of(vec![scheme], ts_ms, general), Some(80), false);
            for line in page.lines() {
                prop_assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
            }
        }
    }
}
