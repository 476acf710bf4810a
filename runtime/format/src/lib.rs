//! The cadet package: header, sections, plan tables and their checked view.
