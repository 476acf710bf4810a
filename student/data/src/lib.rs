//! Datasets with their splits and uses.
