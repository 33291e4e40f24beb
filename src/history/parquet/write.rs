//! A history into a Parquet file, one bounded row group after the other.

use std::io::{self, Write};
use std::sync::Arc;

use camino::Utf8Path;
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::ColumnPath;

use super::columns::{COLUMNS, Fill, schema};
use super::{HEADER_KEY, NAMES_KEY, seal};
use crate::history::replace::replace;
use crate::history::{History, HistoryError, Record};

/// Rows of a row group. One group is in memory at a time: some megabytes, lists aside.
const ROWS_PER_GROUP: usize = 65_536;

/// Writes a history as Parquet. The file appears under its name only when it is complete and on disk.
///
/// # Errors
/// The folder cannot be written, or the disk is full: no file, or the earlier one, stands under the name.
pub fn write(path: &Utf8Path, history: &History) -> Result<(), HistoryError> {
    replace(path, |file| {
        let (file, hash) = write_to(seal::Sealing::new(file), history).map_err(as_io)?.finish();
        seal::close(file, hash)
    })
    .map_err(|source| HistoryError::Write { path: path.to_owned(), source })
}

/// The file system's own error, taken out of the wrapping that the Parquet writer puts round it.
fn as_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

fn write_to<W: Write + Send>(sink: W, history: &History) -> Result<W, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_dictionary_enabled(false)
        .set_key_value_metadata(Some(metadata(history)?));
    for column in COLUMNS.iter().filter(|column| column.repeats()) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column.name), true);
    }
    let mut file = SerializedFileWriter::new(sink, schema()?, Arc::new(properties.build()))?;
    file.write_all(&seal::blank())?;
    for from in (0..history.records.len()).step_by(ROWS_PER_GROUP) {
        let until = (from + ROWS_PER_GROUP).min(history.records.len());
        let rows: Vec<Record> = (from..until).map(|index| history.records.at(index)).collect();
        let mut group = file.next_row_group()?;
        for column in COLUMNS {
            // The schema was built from the same table, so the writer runs out of columns with it.
            let mut writer = group.next_column()?.ok_or_else(|| ParquetError::General("a column too few".into()))?;
            write_column(&mut writer, &column.fill, &rows)?;
            writer.close()?;
        }
        group.close()?;
    }
    file.into_inner()
}

fn metadata(history: &History) -> Result<Vec<KeyValue>, ParquetError> {
    let json = |value: serde_json::Result<String>| value.map_err(|error| ParquetError::External(Box::new(error)));
    let mut metadata = vec![KeyValue::new(HEADER_KEY.to_owned(), json(serde_json::to_string(&history.header))?)];
    if history.names != Default::default() {
        metadata.push(KeyValue::new(NAMES_KEY.to_owned(), json(serde_json::to_string(&history.names))?));
    }
    Ok(metadata)
}

/// Parquet stores what is there, and beside it for every row whether it is there (the definition level).
fn write_column(writer: &mut SerializedColumnWriter<'_>, fill: &Fill, rows: &[Record]) -> Result<(), ParquetError> {
    match fill {
        Fill::Int(of) => {
            let values: Vec<i64> = rows.iter().map(|row| of(row).cast_signed()).collect();
            writer.typed::<Int64Type>().write_batch(&values, None, None)?;
        }
        Fill::MaybeInt(of) => {
            let (values, present) = present(rows, |row| of(row).map(u64::cast_signed));
            writer.typed::<Int64Type>().write_batch(&values, Some(&present), None)?;
        }
        Fill::Name(of) => {
            let values: Vec<ByteArray> = rows.iter().map(|row| ByteArray::from(of(row))).collect();
            writer.typed::<ByteArrayType>().write_batch(&values, None, None)?;
        }
        Fill::MaybeName(of) => {
            let (values, present) = present(rows, |row| of(row).map(ByteArray::from));
            writer.typed::<ByteArrayType>().write_batch(&values, Some(&present), None)?;
        }
        Fill::Flag(of) => {
            let values: Vec<bool> = rows.iter().map(of).collect();
            writer.typed::<BoolType>().write_batch(&values, None, None)?;
        }
        Fill::MaybeTokens(of) => {
            // Definition: 0 no list, 1 an empty list, 2 a token. Repetition: 0 begins a row, 1 goes on.
            let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
            for row in rows {
                let tokens = of(row);
                let listed = tokens.unwrap_or_default();
                if listed.is_empty() {
                    definition.push(i16::from(tokens.is_some()));
                    repetition.push(0);
                }
                for (index, token) in listed.iter().enumerate() {
                    values.push(token.0.cast_signed());
                    definition.push(2);
                    repetition.push(i16::from(index > 0));
                }
            }
            writer.typed::<Int64Type>().write_batch(&values, Some(&definition), Some(&repetition))?;
        }
    }
    Ok(())
}

fn present<T>(rows: &[Record], of: impl Fn(&Record) -> Option<T>) -> (Vec<T>, Vec<i16>) {
    let mut values = Vec::new();
    let levels = rows
        .iter()
        .map(|row| {
            let value = of(row);
            let level = i16::from(value.is_some());
            values.extend(value);
            level
        })
        .collect();
    (values, levels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::samples;

    /// Takes so many bytes, then says that the disk is full.
    struct SmallDisk(usize);

    impl Write for SmallDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if bytes.len() > self.0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0 -= bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_as_such_wherever_it_happens() {
        let history = samples::small();
        for room in (0..4_000).step_by(97) {
            let refused = write_to(SmallDisk(room), &history).err().expect("a history needs more room than that");
            assert_eq!(as_io(refused).kind(), io::ErrorKind::StorageFull, "with room for {room} bytes");
        }
    }
}
