//! The depths of a sweep: `100..1000000` is each decade from the one to the other.

/// The deepest line that is filled: more would not fit the memory of the machines this is for.
const DEPTH_MAX: u64 = 10_000_000;

/// Each decade from FROM to TO, both included.
///
/// # Errors
/// What to write instead.
pub fn depths(text: &str) -> Result<Vec<u64>, String> {
    let number = |word: &str| word.replace('_', "").parse::<u64>().ok().filter(|depth| (1..=DEPTH_MAX).contains(depth));
    let range = text.split_once("..").and_then(|(from, to)| Some((number(from)?, number(to)?)));
    let Some((from, to)) = range.filter(|(from, to)| from <= to) else {
        return Err("expected two numbers of waiting users, such as 100..100000, from 1 to 10000000".to_owned());
    };
    let mut depths: Vec<u64> =
        std::iter::successors(Some(from), |depth| Some(depth * 10)).take_while(|d| *d < to).collect();
    depths.push(to);
    Ok(depths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_decade_is_taken_and_the_last_depth_whatever_it_is() {
        assert_eq!(depths("100..1000000").unwrap(), [100, 1_000, 10_000, 100_000, 1_000_000]);
        assert_eq!(depths("50..1_200").unwrap(), [50, 500, 1_200]);
        assert_eq!(depths("7..7").unwrap(), [7]);
        for text in ["", "100", "100..", "..100", "1000..100", "0..10", "1..100000000", "-1..5", "a..b"] {
            assert!(depths(text).unwrap_err().contains("such as 100..100000"), "{text}");
        }
    }
}
