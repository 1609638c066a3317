//! The register on egui alone: model, screens, kit, theme.
