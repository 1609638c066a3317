//! What a script may say, what becomes of it, and what happens to a bad one.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod diagnostics;
#[cfg(test)]
mod facade;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod purity;
#[cfg(test)]
mod scripts;
