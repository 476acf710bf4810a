/// The sum of `value` over a box of taps, each times the product of its weights along depth, height and width.
/// Rows are summed first, then planes.
#[inline(always)]
pub(crate) fn blend(weights: [&[f32]; 3], value: impl Fn([usize; 3]) -> f32) -> f32 {
    let [depth, height, width] = weights;
    let mut sum = 0.0;
    for (z, &along_depth) in depth.iter().enumerate() {
        let mut plane = 0.0;
        for (y, &along_height) in height.iter().enumerate() {
            let mut row = 0.0;
            for (x, &along_width) in width.iter().enumerate() {
                row += along_width * value([z, y, x]);
            }
            plane += along_height * row;
        }
        sum += along_depth * plane;
    }
    sum
}
