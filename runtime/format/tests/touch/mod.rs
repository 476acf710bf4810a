//! Reads all that a package holds.

use cadet_format::Package;

/// Calls every accessor.
pub(crate) fn touch_all(package: &Package<'_>) -> usize {
    let mut touched = package.kernels().len() + package.manifest_bytes().len();
    touched += package.sections().len() + package.onnx().map_or(0, <[u8]>::len);
    touched += package.initial_state().len();
    for program in 0..package.programs().len() {
        let ports = [
            package.inputs(program).unwrap(),
            package.outputs(program).unwrap(),
        ];
        for &tensor in ports.into_iter().flatten() {
            touched += package.tensor(tensor).unwrap().elements();
        }
        for step in package.steps(program).unwrap() {
            touched += package.params_of(step).unwrap().len();
            touched += package.step_inputs(step).len() + package.step_outputs(step).len();
        }
    }
    for vector in 0..package.golden().map_or(0, |g| g.vectors()) {
        touched += usize::from(package.golden().unwrap().crc(vector, 0).is_some());
        touched += package.golden_output(vector).map_or(0, <[u8]>::len);
    }
    touched
}
