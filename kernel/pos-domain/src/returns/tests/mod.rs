//! Returns against real records, random splits and the independent reference.
