//! Recipes, teachers and the run from a teacher to a packaged student.
