mod check;

use bytemuck::AnyBitPattern;

use crate::format::{HEADER_BYTES, Header, NO_TOKEN, Row, Special, Table, model};
use crate::{TextError, bucket, hash, slot};

/// A checked view of a compiled tokenizer: no function of it can panic or read out of bounds.
///
/// # Memory
/// A few slices into the block; nothing is copied.
#[derive(Clone, Copy, Debug)]
pub struct Tokenizer<'a> {
    pub(crate) header: &'a Header,
    starts: &'a [u32],
    pool: &'a [u8],
    displacements: &'a [u16],
    slots: Numbers<'a>,
    bytes: &'a [u32],
    ranks: Numbers<'a>,
    pair_starts: &'a [u32],
    pairs: &'a [u32],
    pub(crate) specials: &'a [Special],
    template: &'a [u32],
    pub(crate) classes: &'a [u32],
    pub(crate) marks: &'a [u32],
    pub(crate) decompositions: &'a [Row],
    pub(crate) compositions: &'a [Row],
}

/// Tokens or ranks, of two bytes or of four.
#[derive(Clone, Copy, Debug)]
enum Numbers<'a> {
    Narrow(&'a [u16]),
    Wide(&'a [u32]),
}

impl<'a> Numbers<'a> {
    fn new(bytes: &'a [u8], header: &Header, place: Table) -> Result<Numbers<'a>, TextError> {
        match header.number_bytes {
            2 => Ok(Numbers::Narrow(table(bytes, place)?)),
            4 => Ok(Numbers::Wide(table(bytes, place)?)),
            _ => Err(TextError::BadHeader),
        }
    }

    fn len(&self) -> usize {
        match self {
            Numbers::Narrow(numbers) => numbers.len(),
            Numbers::Wide(numbers) => numbers.len(),
        }
    }

    /// A number; [`NO_TOKEN`] for all ones.
    fn get(&self, index: usize) -> Option<u32> {
        match self {
            Numbers::Narrow(numbers) => numbers.get(index).map(|&number| match number {
                u16::MAX => NO_TOKEN,
                number => u32::from(number),
            }),
            Numbers::Wide(numbers) => numbers.get(index).copied(),
        }
    }
}

impl<'a> Tokenizer<'a> {
    /// Checks `bytes` and gives a view of the tokenizer at their start; what follows it is ignored.
    ///
    /// # Errors
    /// [`Truncated`](TextError::Truncated), [`BadMagic`](TextError::BadMagic),
    /// [`UnsupportedVersion`](TextError::UnsupportedVersion), [`Misaligned`](TextError::Misaligned),
    /// [`BadHeader`](TextError::BadHeader) or [`BadTable`](TextError::BadTable).
    ///
    /// # Complexity
    /// Linear in the block's length.
    pub fn new(bytes: &'a [u8]) -> Result<Tokenizer<'a>, TextError> {
        let header = read_header(bytes)?;
        let bytes = bytes
            .get(..header.length as usize)
            .ok_or(TextError::Truncated)?;
        let tokenizer = Tokenizer {
            header,
            starts: table(bytes, header.starts)?,
            pool: table(bytes, header.pool)?,
            displacements: table(bytes, header.displacements)?,
            slots: Numbers::new(bytes, header, header.slots)?,
            bytes: table(bytes, header.bytes)?,
            ranks: Numbers::new(bytes, header, header.ranks)?,
            pair_starts: table(bytes, header.pair_starts)?,
            pairs: table(bytes, header.pairs)?,
            specials: table(bytes, header.specials)?,
            template: table(bytes, header.template)?,
            classes: table(bytes, header.classes)?,
            marks: table(bytes, header.marks)?,
            decompositions: table(bytes, header.decompositions)?,
            compositions: table(bytes, header.compositions)?,
        };
        tokenizer.check()?;
        Ok(tokenizer)
    }

    /// The header.
    pub fn header(&self) -> &'a Header {
        self.header
    }

    /// Number of tokens.
    pub fn token_count(&self) -> u32 {
        self.header.token_count
    }

    /// The token that begins a text, where there is one.
    pub fn bos(&self) -> Option<u32> {
        some(self.header.bos)
    }

    /// The token that ends a text, where there is one.
    pub fn eos(&self) -> Option<u32> {
        some(self.header.eos)
    }

    /// The token that fills up, where there is one.
    pub fn pad(&self) -> Option<u32> {
        some(self.header.pad)
    }

    /// The token of what has none, where there is one.
    pub fn unknown(&self) -> Option<u32> {
        some(self.header.unknown)
    }

    /// Bytes of a token: a part of a text, not always of whole characters; of a special token, its name.
    ///
    /// # Errors
    /// [`BadToken`](TextError::BadToken) where no token has this number.
    pub fn piece(&self, token: u32) -> Result<&'a [u8], TextError> {
        self.piece_of(token).ok_or(TextError::BadToken { token })
    }

    pub(crate) fn piece_of(&self, token: u32) -> Option<&'a [u8]> {
        let index = token as usize;
        let start = *self.starts.get(index)? as usize;
        let end = *self.starts.get(index.checked_add(1)?)? as usize;
        self.pool.get(start..end)
    }

    /// Bits of a token that is no ordinary piece, [`format::special`](crate::format::special); 0 for others.
    pub fn special_flags(&self, token: u32) -> u32 {
        let place = self.specials.binary_search_by_key(&token, |it| it.token);
        place
            .ok()
            .and_then(|place| self.specials.get(place))
            .map_or(0, |special| special.flags)
    }

    /// The ordinary token whose piece is the two parts, one after the other.
    pub(crate) fn find(&self, parts: [&[u8]; 2]) -> Option<u32> {
        let [first, second] = parts;
        if first.len().saturating_add(second.len()) > self.header.longest as usize {
            return None;
        }
        let hash = hash(self.header.seed, parts);
        let displacement = *self
            .displacements
            .get(bucket(hash, self.displacements.len()))?;
        // No token has an empty slot's number, and no piece.
        let token = self.slots.get(slot(hash, displacement, self.slots.len()))?;
        let rest = self.piece_of(token)?.strip_prefix(first)?;
        (rest == second).then_some(token)
    }

    /// The token of a byte, where it has one.
    pub(crate) fn byte_token(&self, byte: u8) -> Option<u32> {
        self.bytes
            .get(usize::from(byte))
            .copied()
            .filter(|&token| token != NO_TOKEN)
    }

    /// What two neighbours become, and its rank: the lowest goes first.
    pub(crate) fn merged(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        let left = self.piece_of(left)?;
        let token = self.find([left, self.piece_of(right)?])?;
        let index = token as usize;
        let rank = match self.header.model {
            model::PIECES if self.ranks.len() == 0 => token,
            model::PIECES => self.ranks.get(index)?,
            _ => {
                let start = *self.pair_starts.get(index)? as usize;
                let end = *self.pair_starts.get(index.checked_add(1)?)? as usize;
                let pairs = self.pairs.get(start..end)?;
                let pair = pairs
                    .iter()
                    .find(|&&pair| (pair & 0xff) as usize == left.len())?;
                pair >> 8
            }
        };
        Some((rank, token))
    }

    /// Tokens before a text, and after it.
    pub(crate) fn template(&self) -> (&'a [u32], &'a [u32]) {
        let before = (self.header.before as usize).min(self.template.len());
        self.template.split_at_checked(before).unwrap_or_default()
    }
}

fn some(token: u32) -> Option<u32> {
    (token != NO_TOKEN).then_some(token)
}

fn read_header(bytes: &[u8]) -> Result<&Header, TextError> {
    let head = bytes.get(..HEADER_BYTES).ok_or(TextError::Truncated)?;
    bytemuck::try_from_bytes(head).map_err(|_| TextError::Misaligned)
}

fn table<T: AnyBitPattern>(bytes: &[u8], table: Table) -> Result<&[T], TextError> {
    let start = table.offset as usize;
    let length = (table.count as usize).checked_mul(size_of::<T>());
    let end = length.and_then(|length| start.checked_add(length));
    let bytes = bytes
        .get(start..end.ok_or(TextError::BadTable)?)
        .ok_or(TextError::BadTable)?;
    if !start.is_multiple_of(4) {
        return Err(TextError::BadTable);
    }
    bytemuck::try_cast_slice(bytes).map_err(|_| TextError::BadTable)
}
