//! Numbers for people.

/// A whole number with a comma between thousands: `1,234,567`.
#[must_use]
pub fn grouped(number: impl Into<u128>) -> String {
    let digits = number.into().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_told_apart() {
        let numbers = [0_u64, 999, 1_000, 2_308_743_493_056];
        assert_eq!(numbers.map(grouped), ["0", "999", "1,000", "2,308,743,493,056"]);
        assert_eq!(grouped(u128::MAX).len(), 39 + 12);
    }
}
