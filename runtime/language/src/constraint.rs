/// Says which tokens may come next: a grammar, a list of words, a form to fill in.
pub trait Constraint {
    /// Sets the logits of tokens that may not come next to minus infinity, and leaves the others alone. Whether a text
    /// may end is whether tokens that end it are left.
    fn mask(&mut self, logits: &mut [f32]);

    /// Takes note of the token that was chosen, also of one that ends the text.
    fn accept(&mut self, token: u32);
}
