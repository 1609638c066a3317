//! Receipt printers, cash drawers and scanners, and a paper simulator.
