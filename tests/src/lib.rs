//! Scenario suite, architecture and tidy tests, and the programs `lab` and `bench`.
