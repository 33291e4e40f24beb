//! A file is either complete under its name or not there: written beside it, synced, then renamed.
//!
//! A crash leaves at most a file with a dot in front and a random ending; a reader never meets half a history.

use std::fs::File;
use std::io;

use camino::Utf8Path;

/// Lets `write` fill a new file in the folder of `path`, then puts it under that name.
///
/// # Errors
/// What `write` or the operating system says; an earlier file under the name then stands as it was.
pub(crate) fn replace(path: &Utf8Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder,
        _ => Utf8Path::new("."),
    };
    let mut name = tempfile::Builder::new();
    let prefix = format!(".{}.", path.file_name().unwrap_or("history"));
    name.prefix(&prefix);
    // Readable as the umask says: a run folder is passed on to others, unlike most temporary files.
    #[cfg(unix)]
    name.permissions(<std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    let mut file = name.tempfile_in(folder)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|refused| refused.error)?;
    // The rename itself lasts only once the folder is on disk. Not every system can sync a folder.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_write_that_fails_leaves_the_earlier_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("history.parquet");
        replace(&path, |file| file.write_all(b"first")).unwrap();
        let refused = replace(&path, |file| {
            file.write_all(b"sec")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs_err::read(&path).unwrap(), b"first");
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
    }
}
