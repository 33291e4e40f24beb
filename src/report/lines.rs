//! Lines of plain text: nothing in them moves the cursor, and none is longer than the terminal is wide.

/// A text without anything that steers a terminal or turns the direction of writing. Names come from files
/// that anybody may write.
pub(crate) fn visible(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// Breaks a text between words, so that no line is wider than `width` (`None`: one line); further lines are
/// indented by so many spaces. A word that is wider has a line of its own. Each character counts as one column.
pub(crate) fn wrapped(text: &str, width: Option<u16>, indent: usize) -> String {
    let Some(width) = width.map(usize::from) else { return text.to_owned() };
    let mut out = String::new();
    let mut column = 0;
    // The spaces in front belong to the first word.
    let words = text.trim_start().split(' ');
    let lead = text.len() - text.trim_start().len();
    for (number, word) in words.enumerate() {
        let length = word.chars().count();
        if number == 0 {
            out.push_str(&" ".repeat(lead));
            column = lead;
        } else if column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else {
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
    use super::*;

    #[test]
    fn lines_break_between_words_and_further_ones_are_indented() {
        assert_eq!(wrapped("  • one two three four", Some(12), 4), "  • one two\n    three\n    four");
        assert_eq!(wrapped("exactly ten", Some(11), 0), "exactly ten");
        assert_eq!(wrapped("exactly ten", Some(10), 0), "exactly\nten");
        assert_eq!(wrapped("a much-too-long-word b", Some(5), 0), "a\nmuch-too-long-word\nb");
        assert_eq!(wrapped("as it is, however long", None, 3), "as it is, however long");
        assert_eq!(wrapped("", Some(5), 2), "");
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(visible("a\u{1b}[2Jb\nc\td\u{202e}e ✓"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}e ✓");
    }
}
