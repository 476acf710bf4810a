use crate::ir::{Affine, ElementType, Graph, Tensor, TensorId, Values};

/// A constant operand of an integer step as int8: with `affine`, else with the integers that the
/// model brought, else with a scale that covers its values.
pub(crate) fn integer_constant(
    graph: &mut Graph,
    id: TensorId,
    affine: Option<Affine>,
) -> TensorId {
    let values = graph.constant_f32(id).unwrap_or(&[]);
    let quantised = |affine: Affine| {
        let integers = values.iter().map(|&value| affine.quantise(value));
        (affine, integers.map(i64::from).collect())
    };
    let given = graph.tensor(id).integers.as_ref().and_then(|integers| {
        let (&[scale], &[zero_point]) = (&integers.scales[..], &integers.zero_points[..]) else {
            return None;
        };
        let is_eight_bits = integers.values.iter().all(|&v| i8::try_from(v).is_ok());
        let values = integers.values.iter().map(|&value| i64::from(value));
        is_eight_bits.then(|| (Affine { scale, zero_point }, values.collect()))
    });
    let (affine, integers): (Affine, Vec<i64>) = match (affine, given) {
        (Some(affine), _) => quantised(affine),
        (None, Some(given)) => given,
        (None, None) => {
            let least = values.iter().copied().fold(0.0, f32::min);
            let greatest = values.iter().copied().fold(0.0, f32::max);
            quantised(Affine::covering(least, greatest))
        }
    };
    let tensor = Tensor {
        values: Some(Values::I64(integers)),
        element: ElementType::I8,
        affine: Some(affine),
        integers: None,
        ..graph.tensor(id).clone()
    };
    graph.add_tensor(tensor)
}
