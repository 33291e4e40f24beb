//! Problems of scenario files: what is wrong, why, and what to do, each pointing at its text.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

/// A file and its text, shared by all its problems.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// The path as the user gave it, or the name of a text that is no file.
    pub path: String,
    /// The whole text, or of a file that may be large the line in question; empty if it could not be read.
    pub text: String,
    /// The number of the text's first line in the file, from 1.
    pub first_line: usize,
    /// The scenario file that names this file; `None` if it is one.
    pub named_by: Option<String>,
}

impl Source {
    fn scenario(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned(), first_line: 1, named_by: None }
    }
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    source: Arc<Source>,
    /// The bytes it points at; `None`: the whole file.
    span: Option<Range<usize>>,
    what: String,
    why: String,
    fix: String,
}

impl Problem {
    /// The path of the file, as the user gave it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.source.path
    }

    /// The line it points at, from 1; `None`: the whole file.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        let start = self.span.as_ref()?.start;
        let before = self.source.text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count();
        Some(self.source.first_line + before)
    }

    /// The scenario file that it keeps from being used: itself, or the one that names this file.
    fn scenario_path(&self) -> &str {
        self.source.named_by.as_deref().unwrap_or(&self.source.path)
    }

    /// What is wrong, in one sentence.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Why that is wrong; may be empty where the sentence above says it all.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }

    /// What to do.
    #[must_use]
    pub fn fix(&self) -> &str {
        &self.fix
    }

    fn render(&self, renderer: &Renderer) -> String {
        let title = Level::ERROR.primary_title(self.what.as_str());
        let group = match &self.span {
            Some(span) => {
                let mark = AnnotationKind::Primary.span(span.clone());
                let mark = if self.why.is_empty() { mark } else { mark.label(self.why.as_str()) };
                let snippet = Snippet::source(self.source.text.as_str()).line_start(self.source.first_line);
                title.element(snippet.path(self.path()).annotation(mark))
            }
            None if self.why.is_empty() => title.element(Origin::path(self.path())),
            None => title.element(Origin::path(self.path())).element(Level::NOTE.message(self.why.as_str())),
        };
        renderer.render(&[group.element(Level::HELP.message(self.fix.as_str()))])
    }
}

/// Every problem of every file, in the order of the text; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.one_line_each())]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The problems, of which there must be at least one.
    pub(super) fn of(found: Vec<Problem>) -> Problems {
        debug_assert!(!found.is_empty(), "an error without a problem");
        Problems(found)
    }

    /// `Ok` with the value if there is no problem.
    pub(super) fn or<T>(found: Vec<Problem>, value: T) -> Result<T, Problems> {
        if found.is_empty() { Ok(value) } else { Err(Problems(found)) }
    }

    /// The problems.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    pub(super) fn into_vec(self) -> Vec<Problem> {
        self.0
    }

    /// All problems as a terminal shows them: the text underlined, with ANSI colours if asked for. The
    /// last line counts them.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut page = String::new();
        for problem in &self.0 {
            page.push_str(&problem.render(&renderer));
            page.push_str("\n\n");
        }
        let files: std::collections::BTreeSet<&str> = self.iter().map(Problem::scenario_path).collect();
        let plural = |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
        page.push_str(&format!("{} in {}\n", plural(self.0.len(), "problem"), plural(files.len(), "scenario file")));
        page
    }

    fn one_line_each(&self) -> String {
        let mut lines = String::new();
        for problem in &self.0 {
            let separator = if lines.is_empty() { "" } else { "\n" };
            let line = problem.line().map(|line| format!(":{line}")).unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = write!(lines, "{separator}{}{line}: {}", problem.path(), problem.what);
        }
        lines
    }
}

/// Collects the problems of one scenario file, and of the files that it names.
#[derive(Debug, Default)]
pub(super) struct Found {
    notes: Vec<(Option<Range<usize>>, String, String, String)>,
    elsewhere: Vec<Problem>,
}

impl Found {
    /// Notes a problem: what is wrong, why (may be empty), what to do.
    pub fn note(
        &mut self,
        span: Option<Range<usize>>,
        what: impl Into<String>,
        why: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.notes.push((span, what.into(), why.into(), fix.into()));
    }

    /// Notes a problem of another file, which the scenario names; no span: of that file as a whole.
    pub fn note_elsewhere(
        &mut self,
        source: Source,
        span: Option<Range<usize>>,
        what: impl Into<String>,
        why: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let span = span.map(|span| within(&source.text, span));
        self.elsewhere.push(Problem {
            source: Arc::new(source),
            span,
            what: what.into(),
            why: why.into(),
            fix: fix.into(),
        });
    }

    /// How many problems were noted.
    pub fn count(&self) -> usize {
        self.notes.len() + self.elsewhere.len()
    }

    /// The problems in the order of the text; those of the whole file come first, those of other files last.
    pub fn problems(self, path: &str, text: &str) -> Vec<Problem> {
        let source = Arc::new(Source::scenario(path, text));
        let Found { mut notes, elsewhere } = self;
        notes.sort_by_key(|(span, ..)| span.as_ref().map(|span| (span.start, span.end)));
        notes
            .into_iter()
            .map(|(span, what, why, fix)| {
                let span = span.map(|span| within(text, span));
                Problem { source: Arc::clone(&source), span, what, why, fix }
            })
            .chain(elsewhere)
            .collect()
    }
}

/// The span, kept inside the text and on character boundaries: a parser may point one past the end.
fn within(text: &str, span: Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_stays_inside_the_text_and_on_its_letters() {
        let text = "aé\nb";
        for (span, expected) in [(0..1, 0..1), (2..2, 1..3), (4..99, 4..5), (99..99, 5..5), (1..2, 1..3)] {
            assert_eq!(within(text, span.clone()), expected, "{span:?}");
        }
    }
}
