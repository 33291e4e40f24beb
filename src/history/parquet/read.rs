//! A Parquet file into a history: lossless, and a sentence for everything that does not fit.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use camino::Utf8Path;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::SerializedFileReader;

use super::columns::{COLUMNS, Column, Fill, Place};
use super::positioned::Positioned;
use super::rows::{Cells, Flat, Lists, Named, Rows};
use super::seal::{self, Seal};
use super::{HEADER_KEY, NAMES_KEY};
use crate::history::records::{Chunk, ROWS};
use crate::history::{Extent, Header, History, HistoryError, Names, Records, SCHEMA};

/// Reads a history from Parquet.
///
/// # Errors
/// See [`HistoryError`]: the file is damaged, is no history, has another schema, lacks a column, or a
/// value makes no sense.
pub(in crate::history) fn read(path: &Utf8Path) -> Result<History, HistoryError> {
    let unreadable = |source| HistoryError::Read { path: path.to_owned(), source };
    let damaged = |detail: &str| HistoryError::Damaged { path: path.to_owned(), detail: detail.to_owned() };
    let mut file = File::open(path).map_err(unreadable)?;
    if !is_parquet(&mut file).map_err(unreadable)? {
        let detail = "it neither begins nor ends like a Parquet file".to_owned();
        return Err(HistoryError::Foreign { path: path.to_owned(), detail });
    }
    if seal::examine(&mut file).map_err(unreadable)? == Seal::Broken {
        return Err(damaged("its bytes are not those that its seal was made for"));
    }
    // A file without a seal comes from another tool, so nothing is known of its bytes. The decoder was not
    // built to meet hostile ones, and a slip of its own must not take the program down.
    let file = Positioned::new(file).map_err(unreadable)?;
    catch_unwind(AssertUnwindSafe(|| decode(path, file)))
        .unwrap_or_else(|_| Err(damaged("its Parquet structure contradicts itself")))
}

/// Whether a file has the mark of the format at one of its ends; one that was cut off or damaged has it at the other.
fn is_parquet(file: &mut File) -> std::io::Result<bool> {
    const MARK: &[u8; 4] = b"PAR1";
    let length = file.metadata()?.len();
    let mut marked = false;
    for at in [0, length.saturating_sub(4)] {
        let mut found = [0; 4];
        file.seek(SeekFrom::Start(at))?;
        let read = file.take(4).read(&mut found)?;
        marked |= found[..read] == MARK[..];
    }
    file.rewind()?;
    Ok(marked)
}

/// How many operations a file holds; `None` if its metadata cannot be read.
pub(in crate::history) fn extent(path: &Utf8Path) -> Option<Extent> {
    let file = Positioned::new(File::open(path).ok()?).ok()?;
    let extent = || {
        let reader = SerializedFileReader::new(file).ok()?;
        let (header, _) = metadata(path, reader.metadata()).ok()?;
        let tokens = *locate(path, reader.metadata()).ok()?.get(Place::Tokens as usize)?;
        // An answer may name more tokens than there are rows.
        let of_group = |group: &RowGroupMetaData| {
            let rows = u64::try_from(group.num_rows()).unwrap_or_default();
            rows.max(u64::try_from(group.column(tokens).num_values()).unwrap_or_default())
        };
        let count = reader.metadata().row_groups().iter().map(of_group).fold(0, u64::saturating_add);
        Some(Extent::Operations { count, expire: header.terms.ttl_ns.is_some() })
    };
    catch_unwind(AssertUnwindSafe(extent)).ok()?
}

fn decode(path: &Utf8Path, file: Positioned) -> Result<History, HistoryError> {
    let damaged = |error: ParquetError| HistoryError::Damaged { path: path.to_owned(), detail: plain(&error) };
    let reader = SerializedFileReader::new(file).map_err(damaged)?;
    // The library takes these for granted.
    let mut chunks = reader.metadata().row_groups().iter().flat_map(|group| group.columns());
    if chunks.any(|chunk| {
        chunk.data_page_offset() < 0
            || chunk.compressed_size() < 0
            || chunk.dictionary_page_offset().is_some_and(|offset| offset < 0)
    }) {
        return Err(damaged(ParquetError::General("a column begins before the file does".to_owned())));
    }
    let (header, names) = metadata(path, reader.metadata())?;
    let columns = locate(path, reader.metadata())?;

    let mut first = 0u64;
    let mut firsts = Vec::new();
    for group in reader.metadata().row_groups() {
        firsts.push(first);
        let count = u64::try_from(group.num_rows())
            .map_err(|_| damaged(ParquetError::General("it has fewer rows than none".to_owned())))?;
        first = first.saturating_add(count);
    }
    let records = groups(&firsts, |group, first| read_group(path, &reader, &columns, group, first))?;
    Ok(History { header, records, names })
}

/// Reads all row groups, on the cores there are, and puts their records in order. Of several problems the
/// first in the file is told.
fn groups(
    firsts: &[u64],
    read: impl Fn(usize, u64) -> Result<Vec<Chunk>, HistoryError> + Sync,
) -> Result<Records, HistoryError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let group = next.fetch_add(1, Ordering::Relaxed);
            let Some(first) = firsts.get(group) else { return done };
            done.push((group, read(group, *first)));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(firsts.len());
    let mut read = std::thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(work)).collect();
        let mut read = work();
        for other in others {
            // A decoder that panics is caught by whoever called.
            read.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        read
    });
    read.sort_unstable_by_key(|(group, _)| *group);
    let mut records = Records::default();
    for (_, group) in read {
        group?.into_iter().for_each(|chunk| records.push_chunk(chunk));
    }
    Ok(records)
}

fn read_group(
    path: &Utf8Path,
    reader: &SerializedFileReader<Positioned>,
    columns: &[usize],
    group: usize,
    first: u64,
) -> Result<Vec<Chunk>, HistoryError> {
    let damaged = |detail: String| HistoryError::Damaged { path: path.to_owned(), detail };
    let group = reader.get_row_group(group).map_err(|error| damaged(plain(&error)))?;
    let count = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
    let cells = COLUMNS
        .iter()
        .zip(columns)
        .map(|(column, place)| read_column(path, group.as_ref(), column, *place, count))
        .collect::<Result<Vec<_>, _>>()?;
    if cells.iter().any(|cells| cells.len() != count) {
        return Err(damaged("its columns differ in length".to_owned()));
    }
    let rows = Rows::new(path, first, cells);
    let mut chunks = Vec::with_capacity(count.div_ceil(ROWS));
    let mut records = Vec::with_capacity(ROWS.min(count));
    for from in (0..count).step_by(ROWS) {
        records.clear();
        for row in from..(from + ROWS).min(count) {
            records.push(rows.record(row)?);
        }
        chunks.push(Chunk::new(&records));
    }
    Ok(chunks)
}

/// The library begins its messages with the name of its error kind.
fn plain(error: &ParquetError) -> String {
    match error {
        ParquetError::General(detail) | ParquetError::EOF(detail) => detail.clone(),
        other => other.to_string(),
    }
}

fn metadata(path: &Utf8Path, metadata: &ParquetMetaData) -> Result<(Header, Names), HistoryError> {
    let foreign = |detail: String| HistoryError::Foreign { path: path.to_owned(), detail };
    let value = |key: &str| {
        let pairs = metadata.file_metadata().key_value_metadata()?;
        pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
    };
    let header = value(HEADER_KEY).ok_or_else(|| foreign(format!("its metadata has no `{HEADER_KEY}`")))?;
    // The version first: another version may have another header.
    let version = serde_json::from_str::<serde_json::Value>(header).ok().and_then(|json| json["schema"].as_u64());
    match version {
        Some(version) if version == u64::from(SCHEMA) => {}
        Some(found) => return Err(HistoryError::Schema { path: path.to_owned(), found, known: SCHEMA }),
        None => return Err(foreign(format!("its `{HEADER_KEY}` names no schema"))),
    }
    let header = serde_json::from_str(header).map_err(|error| foreign(format!("its `{HEADER_KEY}`: {error}")))?;
    let names = match value(NAMES_KEY) {
        Some(names) => serde_json::from_str(names).map_err(|error| foreign(format!("its `{NAMES_KEY}`: {error}")))?,
        None => Names::default(),
    };
    Ok((header, names))
}

/// Where each of our columns lies in this file: found by name, since another tool may have added some.
fn locate(path: &Utf8Path, metadata: &ParquetMetaData) -> Result<Vec<usize>, HistoryError> {
    let schema = metadata.file_metadata().schema_descr();
    COLUMNS
        .iter()
        .map(|column| {
            let refused = |detail| HistoryError::Column { path: path.to_owned(), column: column.name, detail };
            let place = (0..schema.num_columns())
                .find(|leaf| schema.get_column_root(*leaf).name() == column.name)
                .ok_or_else(|| refused("is missing".to_owned()))?;
            let leaf = schema.column(place);
            let nested = i16::from(matches!(column.fill, Fill::MaybeTokens(_)));
            if leaf.max_rep_level() != nested || leaf.max_def_level() > 1 + 2 * nested {
                return Err(refused(format!("is nested in another way than {}", column.type_name())));
            }
            Ok(place)
        })
        .collect()
}

fn read_column(
    path: &Utf8Path,
    group: &dyn RowGroupReader,
    column: &Column,
    place: usize,
    rows: usize,
) -> Result<Cells, HistoryError> {
    let detail = |error: ParquetError| HistoryError::Damaged {
        path: path.to_owned(),
        detail: format!("column `{}`: {}", column.name, plain(&error)),
    };
    let chunk = group.metadata().column(place);
    let levels = chunk.column_descr().max_def_level();
    // Most operations leave most columns empty, and the file says so of each.
    let nulls = chunk.statistics().and_then(|statistics| statistics.null_count_opt());
    let flat = !matches!(column.fill, Fill::MaybeTokens(_));
    if flat && levels > 0 && nulls == Some(rows as u64) && chunk.num_values() == rows as i64 {
        return Ok(Cells::Nothing(rows));
    }
    let reader = group.get_column_reader(place).map_err(detail)?;
    let cells = match (&column.fill, reader) {
        (Fill::Int(_) | Fill::MaybeInt(_), ColumnReader::Int64ColumnReader(reader)) => {
            Cells::Ints(optional(reader, levels, rows).map_err(detail)?)
        }
        (Fill::Name(_) | Fill::MaybeName(_), ColumnReader::ByteArrayColumnReader(reader)) => {
            Cells::Names(Named::new(optional::<_, ByteArray>(reader, levels, rows).map_err(detail)?))
        }
        (Fill::Flag(_), ColumnReader::BoolColumnReader(reader)) => {
            Cells::Flags(optional(reader, levels, rows).map_err(detail)?)
        }
        (Fill::MaybeTokens(_), ColumnReader::Int64ColumnReader(reader)) => {
            Cells::Lists(lists(reader, levels, rows).map_err(detail)?)
        }
        _ => {
            let detail = format!("is not {}", column.type_name());
            return Err(HistoryError::Column { path: path.to_owned(), column: column.name, detail });
        }
    };
    Ok(cells)
}

/// One row more than there should be: enough to notice, and no page can claim more than memory holds.
fn limit(rows: usize) -> usize {
    rows.saturating_add(1)
}

/// Reads all of a flat column. A column that another tool made nullable, or not, is as good.
fn optional<D: DataType<T = T>, T: Clone + Default>(
    mut reader: ColumnReaderImpl<D>,
    levels: i16,
    rows: usize,
) -> Result<Flat<T>, ParquetError> {
    let (mut values, mut definition) = (Vec::new(), Vec::new());
    reader.read_records(limit(rows), Some(&mut definition), None, &mut values)?;
    if levels == 0 || definition.iter().all(|level| *level == levels) {
        return Ok(Flat { values, there: None });
    }
    let mut values = values.into_iter();
    let there: Vec<bool> = definition.into_iter().map(|level| level == levels).collect();
    let spread = there.iter().map(|there| if *there { values.next().unwrap_or_default() } else { T::default() });
    Ok(Flat { values: spread.collect(), there: Some(there) })
}

/// Reads all of the list column; see the writer for the levels. Other tools make the elements
/// nullable, which adds a level; a list with a null in it is refused.
fn lists(mut reader: ColumnReaderImpl<Int64Type>, levels: i16, rows: usize) -> Result<Lists, ParquetError> {
    let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
    reader.read_records(limit(rows), Some(&mut definition), Some(&mut repetition), &mut values)?;
    let broken = || ParquetError::General("a list holds no number where one should be".to_owned());
    let mut lists = Lists { ends: Vec::with_capacity(rows), there: Vec::with_capacity(rows), values: Vec::new() };
    let mut taken = 0;
    for (defined, repeated) in definition.into_iter().zip(repetition) {
        if repeated == 0 {
            lists.there.push(defined > 0);
            lists.ends.push(taken);
        }
        if defined == levels {
            taken += 1;
            *lists.ends.last_mut().filter(|_| lists.there.last() == Some(&true)).ok_or_else(broken)? = taken;
        } else if defined > 1 || repeated > 0 {
            return Err(broken());
        }
    }
    if taken > values.len() {
        return Err(broken());
    }
    lists.values = values;
    Ok(lists)
}
