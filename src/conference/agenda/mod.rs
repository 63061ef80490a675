//! agenda
mod item;
pub use item::*;
