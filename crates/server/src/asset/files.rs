//! [`Files`]: what a binary carries: the packed widget of its version, and the stylesheet of the
//! pages without script.

use crate::page::STYLE;
use crate::secret::sha256;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/widget.rs"));
}

/// The loader's path, without the first slash: the newest version's, and the name of its forms.
pub const LOADER: &str = "v1/habitue.js";

/// A file and what its bytes are known by.
#[derive(Clone, Debug)]
pub struct File {
    /// The bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Their SHA-256, as lower-case hex.
    pub sha256: String,
}

impl File {
    fn new(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        Self { sha256: sha256(&bytes), bytes }
    }
}

/// The files of one version, by path without the first slash. Compressed forms stand beside them as
/// `….br` and `….gz`.
#[derive(Clone, Debug)]
pub struct Files {
    version: String,
    by_path: BTreeMap<String, File>,
    style: String,
}

impl Files {
    /// Those this binary was built with.
    pub fn embedded() -> Arc<Self> {
        static FILES: LazyLock<Arc<Files>> = LazyLock::new(|| {
            let version = env!("CARGO_PKG_VERSION");
            Arc::new(Files::of(
                version,
                embedded::FILES.iter().map(|(path, bytes)| (*path, *bytes)),
            ))
        });
        Arc::clone(&FILES)
    }

    /// Those of a version, as `cargo xtask pack` lays them out.
    pub fn of<'path, B: Into<Cow<'static, [u8]>>>(
        version: &str,
        files: impl IntoIterator<Item = (&'path str, B)>,
    ) -> Self {
        let files = files.into_iter().map(|(path, bytes)| (path.to_owned(), File::new(bytes)));
        let mut by_path: BTreeMap<String, File> = files.collect();
        // Named by its content like the payload: a page of another version finds its own.
        let sheet = File::new(STYLE.as_bytes());
        let style = format!("a/{}/page.css", sheet.sha256.get(..16).unwrap_or_default());
        by_path.insert(style.clone(), sheet);
        Self { version: version.to_owned(), by_path, style }
    }

    /// A file.
    pub fn find(&self, path: &str) -> Option<&File> {
        self.by_path.get(path)
    }

    /// Whether the widget was packed before the binary was built.
    pub fn is_packed(&self) -> bool {
        self.find(LOADER).is_some()
    }

    /// Where this version's loader stays for ever: `v1.4.2/habitue.js`.
    pub fn pinned_path(&self) -> String {
        pinned_path(&self.version)
    }

    /// Where the stylesheet of the pages without script is: `a/0123456789abcdef/page.css`.
    pub fn style_path(&self) -> &str {
        &self.style
    }

    /// The loader in its forms, under the names that stay.
    pub(super) fn pinned(&self) -> Vec<(String, &File)> {
        let forms = self.by_path.iter().filter(|(path, _)| path.starts_with(LOADER));
        let pinned = self.pinned_path();
        forms.map(|(path, file)| (path.replacen(LOADER, &pinned, 1), file)).collect()
    }

    /// What is named by its content.
    pub(super) fn payload(&self) -> impl Iterator<Item = (&String, &File)> {
        self.by_path.iter().filter(|(path, _)| path.starts_with("a/"))
    }
}

/// Where the loader of a version stays for ever.
pub fn pinned_path(version: &str) -> String {
    format!("v{version}/habitue.js")
}
