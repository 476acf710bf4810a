//! Parameter blocks of the built-in operators, version 1 of each, one file a family. All fields are 4 bytes
//! wide.

/// Declares a parameter's codes as an enum that can be read back, from one line a variant.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[repr(u32)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant = $code,)*
        }

        impl $name {
            /// The variant with this code.
            pub const fn from_u32(code: u32) -> Option<$name> {
                Some(match code {
                    $($code => $name::$variant,)*
                    _ => return None,
                })
            }
        }
    };
}

mod affine;
mod axis;
mod common;
mod convolution;
mod elementwise;
mod functions;
mod indexing;
mod movement;
mod pool;
mod product;
mod recurrent;
mod reduction;
mod resample;

pub use affine::*;
pub use axis::*;
pub use common::*;
pub use convolution::*;
pub use elementwise::*;
pub use functions::*;
pub use indexing::*;
pub use movement::*;
pub use pool::*;
pub use product::*;
pub use recurrent::*;
pub use reduction::*;
pub use resample::*;
