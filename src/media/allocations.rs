//! Counts what a piece of work takes from the heap, for the tests of paths that must take nothing.
//! Each thread counts for itself: tests beside it do not disturb.
#![allow(unsafe_code, reason = "an allocator has no safe interface")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

thread_local! {
    // Needs neither memory nor an end of its own, so that the allocator may use it.
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

fn note() {
    TAKEN.set(TAKEN.get() + 1);
}

// SAFETY: all is the system's allocator's own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller keeps the promises of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: the same.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the same.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Does `work`. Returns how often it took memory from the heap, or more of it.
pub(crate) fn of(work: impl FnOnce()) -> u64 {
    let before = TAKEN.get();
    work();
    TAKEN.get() - before
}

#[test]
fn what_is_taken_is_counted() {
    assert_eq!(of(|| ()), 0);
    assert_eq!(of(|| drop(std::hint::black_box(Box::new(7)))), 1);
    let mut grown = Vec::with_capacity(1);
    assert_eq!(of(|| grown.push(1)), 0);
    assert_eq!(of(|| grown.push(2)), 1);
}
