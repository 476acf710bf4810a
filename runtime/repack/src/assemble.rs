use bytemuck::{bytes_of, cast_slice};
use cadet_format::{
    HEADER_BYTES, Header, KernelId, MAGIC, SectionEntry, Tag, VERSION_MAJOR, VERSION_MINOR,
    package_crc,
};

/// Tag, flags and content of a section.
pub type Section<'a> = (Tag, u32, &'a [u8]);

/// A package of these kernels and sections; `header` lacks magic, lengths, counts and checksum.
pub fn assemble(header: Header, kernels: &[KernelId], sections: &[Section<'_>]) -> Vec<u8> {
    let directory_bytes = sections.len() * size_of::<SectionEntry>();
    let directory_start = HEADER_BYTES + size_of_val(kernels);
    let mut bytes = vec![0; HEADER_BYTES];
    bytes.extend_from_slice(cast_slice::<KernelId, u8>(kernels));
    bytes.resize(directory_start + directory_bytes, 0);
    let mut directory = Vec::with_capacity(sections.len());
    for (tag, flags, content) in sections {
        let align = match tag.weights_index() {
            Some(_) => usize::from(header.base_alignment),
            None => 4,
        };
        let offset = bytes.len().next_multiple_of(align);
        bytes.resize(offset, 0);
        bytes.extend_from_slice(content);
        directory.push(SectionEntry {
            tag: *tag,
            flags: *flags,
            offset: offset as u32,
            bytes: content.len() as u32,
        });
    }
    bytes[directory_start..][..directory_bytes].copy_from_slice(cast_slice(&directory));

    let mut header = Header {
        magic: MAGIC,
        major: VERSION_MAJOR,
        minor: VERSION_MINOR,
        length: bytes.len() as u32,
        kernel_count: kernels.len() as u32,
        section_count: directory.len() as u32,
        ..header
    };
    bytes[..HEADER_BYTES].copy_from_slice(bytes_of(&header));
    // The package is longer than a header, which is all that `package_crc` asks for.
    header.crc = package_crc(&bytes).unwrap_or_default();
    bytes[..HEADER_BYTES].copy_from_slice(bytes_of(&header));
    bytes
}
