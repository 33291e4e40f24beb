//! The names of an event's keys. All carry the event as their hash tag, so that a cluster keeps them in
//! one slot and a script may touch them together.

use std::fmt::Write as _;

use super::QueueSettings;

/// Names the keys of one event: `{run prefix}queue:event:{E}`, the braces round `E` being part of the name.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: String,
    /// `event:{E}`
    event: String,
}

impl Keys {
    /// For the event of these settings.
    pub(super) fn new(settings: &QueueSettings) -> Keys {
        // The hash tag is what stands between the first `{` and the next `}`: a brace in the prefix
        // would put the keys of all events of a run into one slot, or of one event into several.
        Keys { prefix: escaped(&settings.prefix), event: format!("event:{{{}}}", tag(&settings.event)) }
    }

    /// A key of which the event has one: `queue`, `marks`, `seen`…
    pub(super) fn one(&self, kind: &str) -> String {
        format!("{}{kind}:{}", self.prefix, self.event)
    }

    /// A key of which the event has many: one a user, a dedupe key, a batch.
    pub(super) fn of(&self, kind: &str, which: &str) -> String {
        format!("{}{kind}:{}:{which}", self.prefix, self.event)
    }

    /// What all keys `of` this kind begin with.
    pub(super) fn stem(&self, kind: &str) -> String {
        self.of(kind, "")
    }

    /// A pattern for KEYS and SCAN that matches all keys `of` this kind, and no others.
    pub(super) fn pattern(&self, kind: &str) -> String {
        let mut pattern = String::new();
        for c in self.stem(kind).chars() {
            if matches!(c, '*' | '?' | '[' | ']' | '\\' | '^') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('*');
        pattern
    }
}

/// An event id as a hash tag. `}x` would make an empty tag, which Redis ignores, and the keys of the event
/// would be spread over all slots; so would an empty id.
fn tag(event: &str) -> String {
    if event.is_empty() { "%".to_owned() } else { escaped(event) }
}

/// Braces and `%` in percent notation, so that no two texts become one.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '{' | '}' | '%') {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{:02X}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Dedupe;

    fn keys(prefix: &str, event: &str) -> Keys {
        Keys::new(&QueueSettings {
            prefix: prefix.to_owned(),
            event: event.to_owned(),
            dedupe: Dedupe::User,
            ttl: None,
        })
    }

    /// The cluster specification's rule for what of a key is hashed.
    fn hash_tag(key: &str) -> Option<&str> {
        let (_, rest) = key.split_once('{')?;
        let (tag, _) = rest.split_once('}')?;
        (!tag.is_empty()).then_some(tag)
    }

    proptest! {
        #[test]
        fn every_event_id_makes_one_hash_tag_of_its_own(a in "[{}%a-z]{0,6}", b in "[{}%a-z]{0,6}", user in "[{}a-z]{0,4}") {
            let (of_a, of_b) = (keys("run:", &a).of("stream", &user), keys("run:", &b).one("queue"));
            prop_assert!(hash_tag(&of_a).is_some(), "{}", of_a);
            prop_assert_eq!(hash_tag(&of_a) == hash_tag(&of_b), a == b);
        }
    }

    #[test]
    fn names_read_as_in_production() {
        let keys = keys("run:", "sale");
        assert_eq!(keys.one("queue"), "run:queue:event:{sale}");
        assert_eq!(keys.of("stream", "user:u42"), "run:stream:event:{sale}:user:u42");
    }

    #[test]
    fn a_pattern_takes_the_event_id_literally() {
        assert_eq!(keys("run:", "a*[b]").pattern("stream"), "run:stream:event:{a\\*\\[b\\]}:*");
    }
}
