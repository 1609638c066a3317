//! The component host, seen from the kernel: what it loads, what it refuses, what it answers, what it survives.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod basket;
#[cfg(test)]
mod compiled_code;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod guest;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod inputs;
#[cfg(test)]
mod loading;
#[cfg(test)]
mod wire;
