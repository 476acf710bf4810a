use cadet_format::{Package, Region, TensorInfo};

/// Bytes of scratch memory that let a team share every step: the largest first input that lies in the memory of an output of
/// its step. For [`Session::set_crew`](crate::Session::set_crew).
pub fn scratch_bytes(package: &Package<'_>) -> usize {
    let programs = 0..package.programs().len();
    let steps = programs
        .filter_map(|program| package.steps(program))
        .flatten();
    let copied = steps.filter_map(|step| {
        let input = package.tensor(*package.step_inputs(step).first()?)?;
        let mut outputs = package.step_outputs(step).iter();
        let overlaps = |row: &u16| {
            let output = package.tensor(*row);
            output.is_some_and(|output| overlap(&input, &output))
        };
        outputs.any(overlaps).then_some(input.bytes)
    });
    copied.max().unwrap_or(0)
}

fn overlap(a: &TensorInfo<'_>, b: &TensorInfo<'_>) -> bool {
    let is_within = |a: &TensorInfo<'_>, b: &TensorInfo<'_>| {
        a.offset
            .checked_sub(b.offset)
            .is_some_and(|it| it < b.bytes)
    };
    let is_written = !matches!(a.region, Region::Weights(_));
    is_written && a.region == b.region && (is_within(a, b) || is_within(b, a))
}
