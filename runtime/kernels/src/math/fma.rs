//! Multiplication and addition with one rounding.

/// `a * b + c`, rounded once, as IEEE 754's `fusedMultiplyAdd`: what the vector files' instructions give.
#[cfg(all(target_arch = "arm", target_abi = "eabihf", target_os = "none"))]
#[allow(unsafe_code)] // An instruction that the standard library without `std` has no function for.
#[inline(always)]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    let sum: u32;
    // Through core registers: those of floats are no operands, since the target's features say nothing of them.
    // SAFETY: every bare-metal target with hard floats has VFPv4, and registers are all that this touches.
    unsafe {
        core::arch::asm!(
            "vmov s0, {a}",
            "vmov s1, {b}",
            "vmov s2, {c}",
            "vfma.f32 s2, s0, s1",
            "vmov {sum}, s2",
            sum = lateout(reg) sum,
            a = in(reg) a.to_bits(),
            b = in(reg) b.to_bits(),
            c = in(reg) c.to_bits(),
            out("s0") _,
            out("s1") _,
            out("s2") _,
            options(pure, nomem, nostack),
        );
    }
    f32::from_bits(sum)
}

/// `a * b + c`, rounded once, as IEEE 754's `fusedMultiplyAdd`: what the vector files' instructions give.
#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)] // An instruction that the standard library without `std` has no function for.
#[inline(always)]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    let sum: f32;
    // SAFETY: floats are part of the target, and registers are all that this touches.
    unsafe {
        core::arch::asm!(
            "fmadd {sum:s}, {a:s}, {b:s}, {c:s}",
            sum = out(vreg) sum,
            a = in(vreg) a,
            b = in(vreg) b,
            c = in(vreg) c,
            options(pure, nomem, nostack),
        );
    }
    sum
}

/// `a * b + c`, rounded once, as IEEE 754's `fusedMultiplyAdd`: what the vector files' instructions give.
#[cfg(not(any(
    target_arch = "aarch64",
    all(target_arch = "arm", target_abi = "eabihf", target_os = "none")
)))]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    in_double(a, b, c)
}

/// In double precision: the product is exact there, and the sum is rounded to odd, so that rounding it again to
/// nearest gives what rounding once would (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
#[cfg_attr(
    any(
        target_arch = "aarch64",
        all(target_arch = "arm", target_abi = "eabihf", target_os = "none")
    ),
    allow(dead_code)
)]
fn in_double(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    if !sum.is_finite() {
        return sum as f32;
    }
    // What rounding took away, exactly (Knuth's two-sum).
    let from_c = sum - product;
    let error = (product - (sum - from_c)) + (c - from_c);
    let bits = sum.to_bits();
    let is_even = bits & 1 == 0;
    let odd = match (error == 0.0 || !is_even, (error > 0.0) == (sum > 0.0)) {
        (true, _) => bits,
        (false, true) => bits + 1,
        (false, false) => bits - 1,
    };
    f64::from_bits(odd) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Floats of every kind, near each other in size as often as not.
    fn float() -> impl Strategy<Value = f32> {
        prop_oneof![
            any::<u32>().prop_map(f32::from_bits),
            (-8_i32..8).prop_map(|n| n as f32),
            (0x3f00_0000_u32..0x4100_0000).prop_map(f32::from_bits),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn is_rounded_once(a in float(), b in float(), c in float()) {
            let wanted = a.mul_add(b, c);
            for found in [fma(a, b, c), in_double(a, b, c)] {
                prop_assert!(
                    found.to_bits() == wanted.to_bits() || (found.is_nan() && wanted.is_nan()),
                    "{a:e} * {b:e} + {c:e} is {found:e}, not {wanted:e}"
                );
            }
        }

        /// The product and the summand cancel, all but for the last bits.
        #[test]
        fn cancels_exactly(a in float(), b in float(), bit in -2_i32..3) {
            let c = f32::from_bits((-(a * b)).to_bits().wrapping_add_signed(bit));
            let wanted = a.mul_add(b, c);
            let found = in_double(a, b, c);
            prop_assert!(
                found.to_bits() == wanted.to_bits() || (found.is_nan() && wanted.is_nan()),
                "{a:e} * {b:e} + {c:e} is {found:e}, not {wanted:e}"
            );
        }
    }
}
