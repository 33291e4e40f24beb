//! A limit as one writes it on a command line: `join.p99=5ms`.

use super::duration::parse_duration;
use super::name::{Named, suggestion};
use crate::model::{Limit, OpKind, Percentile};

/// The limit that `OPERATION.PERCENTILE=DURATION` names.
///
/// # Errors
/// What is wrong with it and what to write.
pub fn parse_limit(text: &str) -> Result<Limit, String> {
    let parts = text.split_once('=').and_then(|(name, most)| Some((name.split_once('.')?, most)));
    let Some(((op_name, percentile_name), most)) = parts else {
        return Err("expected an operation, a percentile and a duration, such as join.p99=5ms".to_owned());
    };
    let Some(op) = OpKind::from_name(op_name) else {
        let names = <OpKind as Named>::texts();
        return Err(format!("there is no such operation; {}", suggestion(op_name, OpKind::KIND, &names)));
    };
    let names = Percentile::ALL.map(Percentile::name);
    let Some(percentile) = Percentile::ALL.into_iter().find(|percentile| percentile.name() == percentile_name) else {
        return Err(format!("there is no such percentile; {}", suggestion(percentile_name, "percentile", &names)));
    };
    let most =
        parse_duration(most).map_err(|error| format!("{error}: write a number and a unit, such as 250ms or 2s"))?;
    Ok(Limit { op, percentile, max_ns: u64::try_from(most.as_nanos()).unwrap_or(u64::MAX) })
}

/// The duration that a text such as `250ms`, `2s` or `1m30s` names.
///
/// # Errors
/// What is wrong with it and what to write.
pub fn parse_time(text: &str) -> Result<std::time::Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("expected a time above zero, such as 20s".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}: write a number and a unit, such as 250ms or 20s")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_a_scenario_would_write_it() {
        let limit = Limit { op: OpKind::Join, percentile: Percentile::P99, max_ns: 5_000_000 };
        assert_eq!(parse_limit("join.p99=5ms"), Ok(limit));
        assert_eq!(parse_limit("position.max=1m30s").unwrap().max_ns, 90_000_000_000);
    }

    #[test]
    fn what_is_no_limit_says_what_to_write() {
        for (text, part) in [
            ("", "such as join.p99=5ms"),
            ("join=5ms", "such as join.p99=5ms"),
            ("jion.p99=5ms", "did you mean `join`?"),
            ("join.p9999=5ms", "did you mean `p999`?"),
            ("join.p99=5", "a unit is missing"),
            ("join.p99=-5ms", "cannot be negative"),
        ] {
            let error = parse_limit(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(parse_time("0s").unwrap_err().contains("above zero"));
        assert!(parse_time("fast").unwrap_err().contains("a number and a unit"));
    }
}
