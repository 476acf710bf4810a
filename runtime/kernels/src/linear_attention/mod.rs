//! Attention as a recurrence over a matrix of state, in f32 (ONNX `LinearAttention`, opset 27).
//!
//! Shapes, with n sequences of t steps, q query heads, h key and value heads (q a multiple of h), keys of
//! length k and values of length v: query `[n, t, q*k]`, key `[n, t, h*k]`, value `[n, t, h*v]`, decay
//! `[n, t, h]` or `[n, t, h*k]`, beta `[n, t, 1]` or `[n, t, h]`, states `[n, h, k, v]`, output
//! `[n, t, q*v]`. Outputs must not overlap inputs, but for the last state over the first.
//!
//! Each step scales row i of the state by `exp(decay[i])`, adds the outer product of key and value, and
//! reads `scale * query . state`. With beta, the value is first replaced by `beta * (value - key . state)`.

mod scalar;

use core::cell::Cell;

use crate::{Result, Source, product, require};

/// Operands of a linear attention.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// Number of sequences, n.
    pub batch: usize,
    /// Number of steps, t.
    pub steps: usize,
    /// Number of query heads, q.
    pub query_heads: usize,
    /// Number of key and value heads, h.
    pub heads: usize,
    /// Length of a head's key, k.
    pub key_size: usize,
    /// Length of a head's value, v.
    pub value_size: usize,
    /// Factor of the output.
    pub scale: f32,
    /// `[n, t, q*k]`.
    pub query: Source<'a, f32>,
    /// `[n, t, h*k]`.
    pub key: Source<'a, f32>,
    /// `[n, t, h*v]`.
    pub value: Source<'a, f32>,
    /// State before the first step; zero where not given.
    pub initial_state: Option<Source<'a, f32>>,
    /// Logarithm of the state's decay; no decay where not given.
    pub decay: Option<Source<'a, f32>>,
    /// Rate of the delta rule; no such rule where not given.
    pub beta: Option<Source<'a, f32>>,
    /// `[n, t, q*v]`.
    pub output: &'a [Cell<f32>],
    /// State after the last step.
    pub state: &'a [Cell<f32>],
}

/// Runs the recurrence.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where extents and lengths do not fit.
pub fn f32(op: &F32<'_>) -> Result {
    let (n, t, q, h) = (op.batch, op.steps, op.query_heads, op.heads);
    let (k, v) = (op.key_size, op.value_size);
    let is = |length: usize, extents: &[usize]| product(extents) == Some(length);
    require(q > 0 && h > 0 && q.is_multiple_of(h) && k > 0 && v > 0)?;
    require(is(op.query.len(), &[n, t, q, k]) && is(op.output.len(), &[n, t, q, v]))?;
    require(is(op.key.len(), &[n, t, h, k]) && is(op.value.len(), &[n, t, h, v]))?;
    require(is(op.state.len(), &[n, h, k, v]))?;
    require(op.initial_state.is_none_or(|s| s.len() == op.state.len()))?;
    require(
        op.decay
            .is_none_or(|d| is(d.len(), &[n, t, h]) || is(d.len(), &[n, t, h, k])),
    )?;
    require(
        op.beta
            .is_none_or(|b| is(b.len(), &[n, t]) || is(b.len(), &[n, t, h])),
    )?;
    scalar::f32(op);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    /// One head, keys and values of length 1, two steps.
    fn tiny<'a>(output: &'a [Cell<f32>], state: &'a [Cell<f32>]) -> F32<'a> {
        F32 {
            batch: 1,
            steps: 2,
            query_heads: 1,
            heads: 1,
            key_size: 1,
            value_size: 1,
            scale: 0.5,
            query: Source::Constant(&[1.0, 10.0]),
            key: Source::Constant(&[2.0, 3.0]),
            value: Source::Constant(&[4.0, 5.0]),
            initial_state: None,
            decay: None,
            beta: None,
            output,
            state,
        }
    }

    #[test]
    fn follows_each_rule() {
        let (output, state) = (cells(&[0.0f32; 2]), cells(&[9.0f32]));
        let plain = tiny(&output, &state);
        f32(&plain).unwrap();
        // 2*4 = 8, then 8 + 3*5 = 23.
        assert_eq!(
            (values(&output), values(&state)),
            ([4.0, 115.0].into(), [23.0].into())
        );

        let decay = Some(Source::Constant(&[0.0, f32::NEG_INFINITY][..]));
        f32(&F32 { decay, ..plain }).unwrap();
        assert_eq!(values(&state), [15.0]);

        let beta = Some(Source::Constant(&[0.5f32, 0.25][..]));
        f32(&F32 {
            beta,
            initial_state: Some(Source::Constant(&[1.0])),
            ..plain
        })
        .unwrap();
        // 1 + 2 * 0.5 * (4 - 2*1) = 3, then 3 + 3 * 0.25 * (5 - 3*3) = 0.
        assert_eq!(
            (values(&output), values(&state)),
            ([1.5, 0.0].into(), [0.0].into())
        );
    }

    #[test]
    fn query_heads_share_the_state_of_their_group() {
        let (output, state) = (cells(&[0.0f32; 4]), cells(&[0.0f32; 2]));
        f32(&F32 {
            steps: 1,
            query_heads: 4,
            heads: 2,
            scale: 1.0,
            query: Source::Constant(&[1.0, 2.0, 3.0, 4.0]),
            key: Source::Constant(&[1.0, 10.0]),
            value: Source::Constant(&[1.0, 1.0]),
            ..tiny(&output, &state)
        })
        .unwrap();
        assert_eq!(values(&output), [1.0, 2.0, 30.0, 40.0]);
    }

    #[test]
    fn refuses_lengths_that_do_not_fit() {
        let (output, state) = (cells(&[0.0f32; 2]), cells(&[0.0f32]));
        let good = tiny(&output, &state);
        let three = Some(Source::Constant(&[0.0f32; 3][..]));
        for bad in [
            F32 {
                decay: three,
                ..good
            },
            F32 {
                beta: three,
                ..good
            },
            F32 {
                initial_state: three,
                ..good
            },
            F32 { steps: 3, ..good },
            F32 {
                query_heads: 0,
                query: Source::Constant(&[]),
                output: &[],
                ..good
            },
        ] {
            assert!(f32(&bad).is_err());
        }
    }
}
