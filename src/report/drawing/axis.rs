//! Axes: from values to places, and the ticks to read them by.

/// A tick: a value and the words beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value.
    pub value: f64,
    /// The words.
    pub label: String,
}

/// How values lie between two places.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Linear,
    Log,
    /// By the logarithm of what is left to 100 %: each nine as long as the one before, as HdrHistogram draws percentiles.
    Percentile,
}

/// An axis from a value at one place to a value at another, px.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    way: Way,
    values: (f64, f64),
    places: (f64, f64),
}

impl Axis {
    /// Equal differences are equally long.
    pub fn linear(values: (f64, f64), places: (f64, f64)) -> Axis {
        // An axis of one value only puts it at its begin.
        let end = if values.1 > values.0 { values.1 } else { values.0 + 1.0 };
        Axis { way: Way::Linear, values: (values.0, end), places }
    }

    /// Equal ratios are equally long. The values are positive.
    pub fn log(values: (f64, f64), places: (f64, f64)) -> Axis {
        let begin = values.0.max(f64::MIN_POSITIVE);
        let end = if values.1 > begin { values.1 } else { begin * 10.0 };
        Axis { way: Way::Log, values: (begin, end), places }
    }

    /// Percentiles from 0 to as near to 100 as `end`, which is below 100.
    pub fn percentile(end: f64, places: (f64, f64)) -> Axis {
        Axis { way: Way::Percentile, values: (0.0, end.clamp(50.0, 99.999_999)), places }
    }

    /// The place of a value; values beyond the ends lie at the ends.
    pub fn at(&self, value: f64) -> f64 {
        let (begin, end) = self.values;
        let value = value.clamp(begin, end);
        let share = match self.way {
            Way::Linear => (value - begin) / (end - begin),
            Way::Log => (value / begin).ln() / (end / begin).ln(),
            Way::Percentile => (1.0 - value / 100.0).ln() / (1.0 - end / 100.0).ln(),
        };
        self.places.0 + share * (self.places.1 - self.places.0)
    }

    /// About so many ticks at round values.
    pub fn ticks(&self, about: usize, label: impl Fn(f64) -> String) -> Vec<Tick> {
        let values = match self.way {
            Way::Linear => round_values(self.values, about),
            Way::Log => decades(self.values, about),
            Way::Percentile => {
                let nines = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999];
                nines.into_iter().filter(|value| *value <= self.values.1).collect()
            }
        };
        values.into_iter().map(|value| Tick { value, label: label(value) }).collect()
    }
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn round_values((begin, end): (f64, f64), about: usize) -> Vec<f64> {
    let raw = (end - begin) / about.max(1) as f64;
    let power = 10.0_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= raw * 0.999);
    let step = step.unwrap_or(power * 10.0);
    let first = (begin / step - 1e-9).ceil();
    (0..1000).map(|n| (first + f64::from(n)) * step).take_while(|value| *value <= end + step * 1e-9).collect()
}

/// Powers of ten, every second or third of them where there would be too many; with few also 2 and 5 times each.
fn decades((begin, end): (f64, f64), about: usize) -> Vec<f64> {
    let (low, high) = (begin.log10(), end.log10());
    let span = high - low;
    let factors: &[f64] = if span < 1.2 {
        &[1.0, 2.0, 5.0]
    } else if span < 2.2 {
        &[1.0, 3.0]
    } else {
        &[1.0]
    };
    let every = (span / about.max(1) as f64).ceil().max(1.0) as i32;
    let powers = (low.floor() as i32)..=(high.ceil() as i32);
    let values = powers.filter(|power| power.rem_euclid(every) == 0);
    let values = values.flat_map(|power| factors.iter().map(move |factor| factor * 10.0_f64.powi(power)));
    values.filter(|value| (begin * 0.999..=end * 1.001).contains(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(axis: Axis, about: usize) -> Vec<f64> {
        axis.ticks(about, |_| String::new()).into_iter().map(|tick| tick.value).collect()
    }

    #[test]
    fn values_lie_where_they_belong_and_those_beyond_at_the_ends() {
        let axis = Axis::linear((0.0, 10.0), (100.0, 0.0));
        assert_eq!([0.0, 5.0, 10.0, 11.0, -1.0].map(|value| axis.at(value)), [100.0, 50.0, 0.0, 0.0, 100.0]);
        let axis = Axis::log((1.0, 100.0), (0.0, 10.0));
        assert!((axis.at(10.0) - 5.0).abs() < 1e-9);
        let axis = Axis::percentile(99.99, (0.0, 100.0));
        for (percentile, place) in
            [(0.0, 0.0), (90.0, 25.0), (99.0, 50.0), (99.9, 75.0), (99.99, 100.0), (100.0, 100.0)]
        {
            assert!((axis.at(percentile) - place).abs() < 1e-6, "{percentile}");
        }
    }

    #[test]
    fn ticks_are_round_and_within_the_axis() {
        assert_eq!(values(Axis::linear((0.0, 9.7), (0.0, 1.0)), 5), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(values(Axis::linear((0.0, 1500.0), (0.0, 1.0)), 3), [0.0, 500.0, 1000.0, 1500.0]);
        assert_eq!(values(Axis::log((50.0, 20_000.0), (0.0, 1.0)), 5), [100.0, 1000.0, 10_000.0]);
        assert_eq!(values(Axis::log((1.0, 1e9), (0.0, 1.0)), 4).len(), 4, "every third power");
        assert_eq!(values(Axis::percentile(99.95, (0.0, 1.0)), 9), [0.0, 50.0, 90.0, 99.0, 99.9]);
    }

    #[test]
    fn an_axis_of_a_single_value_is_still_an_axis() {
        for axis in
            [Axis::linear((5.0, 5.0), (0.0, 1.0)), Axis::log((5.0, 5.0), (0.0, 1.0)), Axis::log((0.0, 0.0), (0.0, 1.0))]
        {
            assert_eq!(axis.at(axis.values.0), 0.0);
            assert!(axis.ticks(5, |_| String::new()).len() < 100);
        }
    }
}
