//! The text of result.json: indented, and each column of numbers on one line, so that people can read it, too.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Serialises in this form.
///
/// # Errors
/// When the value cannot be serialised: a map whose keys are no strings.
pub fn to_json(value: &impl Serialize) -> serde_json::Result<String> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Columns::default()))?;
    bytes.push(b'\n');
    // serde_json only writes UTF-8.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Lists of plain values go on one line, lists of objects one below the other.
#[derive(Default)]
struct Columns {
    /// What is being written, from the outside in.
    open: Vec<Open>,
    /// The next thing to be written is a value of a list.
    in_list: bool,
}

/// An object or list that is being written.
enum Open {
    Object { empty: bool },
    List { holds_objects: bool },
}

impl Columns {
    fn new_line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        let deep = |open: &&Open| matches!(open, Open::Object { .. } | Open::List { holds_objects: true });
        (0..self.open.iter().filter(deep).count()).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Columns {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.in_list = false;
        self.open.push(Open::List { holds_objects: false });
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        if let Some(Open::List { holds_objects: true }) = self.open.pop() {
            self.new_line(out)?;
        }
        out.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.in_list = true;
        if first { Ok(()) } else { out.write_all(b",") }
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.in_list = false;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        if std::mem::take(&mut self.in_list)
            && let Some(Open::List { holds_objects }) = self.open.last_mut()
        {
            *holds_objects = true;
            self.new_line(out)?;
        }
        self.open.push(Open::Object { empty: true });
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        if let Some(Open::Object { empty: false }) = self.open.pop() {
            self.new_line(out)?;
        }
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if let Some(Open::Object { empty }) = self.open.last_mut() {
            *empty = false;
        }
        if !first {
            out.write_all(b",")?;
        }
        self.new_line(out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.in_list = false;
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn columns_stand_on_one_line_and_objects_one_below_the_other() {
        let value = json!({"a": [1, 2, null], "b": [{"c": 1}, {"d": [[1, 2], [3]]}], "e": {}, "f": [], "g": "x"});
        let expected = r#"{
  "a": [1,2,null],
  "b": [
    {
      "c": 1
    },
    {
      "d": [[1,2],[3]]
    }
  ],
  "e": {},
  "f": [],
  "g": "x"
}
"#;
        assert_eq!(to_json(&value).unwrap(), expected);
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..5).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(value in values()) {
            let text = to_json(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
