use crate::{Board, FlashError};
use cadet_format::{Manifest, Package, TargetId, board_id};
use std::path::{Path, PathBuf};

/// Packages for hosts are aligned to 64 bytes, all others to less.
#[repr(C, align(64))]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Block([u8; 64]);

/// A checked package in memory.
pub struct PackageFile {
    path: PathBuf,
    blocks: Vec<Block>,
}

impl PackageFile {
    /// Reads and checks a package.
    ///
    /// # Errors
    /// [`FlashError::File`] and [`FlashError::Package`].
    pub fn read(path: &Path) -> Result<Self, FlashError> {
        let bytes = std::fs::read(path).map_err(|source| FlashError::File {
            action: "read",
            path: path.into(),
            source,
        })?;
        let mut blocks = vec![Block([0; 64]); bytes.len().div_ceil(64)];
        bytemuck::cast_slice_mut(&mut blocks)[..bytes.len()].copy_from_slice(&bytes);
        Package::new(&bytemuck::cast_slice(&blocks)[..bytes.len()]).map_err(|error| {
            FlashError::Package {
                path: path.into(),
                error,
            }
        })?;
        Ok(Self {
            path: path.into(),
            blocks,
        })
    }

    /// The file that it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The checked view.
    pub fn package(&self) -> Package<'_> {
        Package::new(bytemuck::cast_slice(&self.blocks)).expect("checked when it was read")
    }

    /// Whether the board can run it, as far as its header says.
    ///
    /// # Errors
    /// [`FlashError::DoesNotFit`].
    pub fn check_board(&self, board: &Board) -> Result<(), FlashError> {
        let package = self.package();
        let header = package.header();
        let ram: u64 = header
            .arena_bytes
            .iter()
            .chain(&header.state_bytes)
            .map(|&bytes| u64::from(bytes))
            .sum();
        let target = package.target();
        let reason = if package.onnx().is_some() {
            "it holds a whole ONNX model for hosts, with operators that no board has kernels for"
                .into()
        } else if header.board != 0 && header.board != board_id(&board.name) {
            "it was packed for another board".into()
        } else if target != TargetId::Any && target != board.target_id()? {
            format!("it was packed for another processor family, {target:?}")
        } else if header.length > board.memory.flash.bytes {
            format!(
                "it needs {} bytes of flash, the board has {}",
                header.length, board.memory.flash.bytes
            )
        } else if ram > u64::from(board.memory.ram.bytes) {
            format!(
                "it needs {ram} bytes of RAM, the board has {}",
                board.memory.ram.bytes
            )
        } else if package.golden().is_none_or(|golden| golden.vectors() == 0) {
            "it has no golden vectors, so there is nothing to check it by".into()
        } else {
            return Ok(());
        };
        Err(FlashError::DoesNotFit {
            path: self.path.clone(),
            board: board.name.clone(),
            reason,
        })
    }

    /// Names of the steps of all programs in order: those of their source nodes where the manifest has them.
    pub fn step_names(&self) -> Vec<String> {
        let package = self.package();
        let manifest = Manifest::decode(package.manifest_bytes()).unwrap_or_default();
        let mut names = manifest.steps.lines();
        let steps: u32 = package.programs().iter().map(|it| it.step_count).sum();
        (0..steps)
            .map(|step| match names.next() {
                Some(name) if !name.is_empty() => name.into(),
                _ => format!("step {step}"),
            })
            .collect()
    }
}
