//! [`Kept`], a value of the store that views may follow.
//!
//! The store holds a dozen values of different types. A signal of Leptos for each would link its
//! machinery once a type; here the value is plain and only a trigger, which has no type, is Leptos'.

use leptos::prelude::*;
use leptos::reactive::signal::ArcTrigger;
use std::cell::RefCell;

/// A value that lives as long as the page.
pub struct Kept<T: 'static>(&'static Inner<T>);

struct Inner<T> {
    value: RefCell<T>,
    changed: ArcTrigger,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kept<T> {}

impl<T> Kept<T> {
    /// A value from here on; for the store only, since it is never given back.
    pub fn new(value: T) -> Self {
        let inner = Inner { value: RefCell::new(value), changed: ArcTrigger::new() };
        Self(Box::leak(Box::new(inner)))
    }

    /// Reads it and follows it.
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.0.changed.track();
        self.with_untracked(read)
    }

    /// Reads it.
    pub fn with_untracked<R>(self, read: impl FnOnce(&T) -> R) -> R {
        read(&self.0.value.borrow())
    }

    /// Changes it.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        change(&mut self.0.value.borrow_mut());
        self.0.changed.notify();
    }

    /// Puts another in its place.
    pub fn set(self, value: T) {
        self.update(|kept| *kept = value);
    }
}

impl<T: Clone> Kept<T> {
    /// A copy, followed.
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    /// A copy.
    pub fn get_untracked(self) -> T {
        self.with_untracked(T::clone)
    }
}

impl<T: PartialEq> Kept<T> {
    /// Puts another in its place, and tells nobody where it is the same.
    pub fn settle(self, value: T) {
        if self.with_untracked(|kept| *kept != value) {
            self.set(value);
        }
    }
}
