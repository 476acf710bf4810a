use super::*;
use crate::testing::{cells, numbers, values};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

fn grids() -> impl Strategy<Value = Grid> {
    let grain = prop_oneof![
        Just(Grain::Tensor),
        Just(Grain::Axis),
        (1usize..5).prop_map(Grain::Block)
    ];
    (1usize..4, 1usize..6, 1usize..4, grain).prop_map(|(outer, axis, inner, grain)| Grid {
        outer,
        axis,
        inner,
        grain,
    })
}

/// Which scale element `[outer, axis, inner]` has.
fn scale_of(grid: &Grid, element: usize) -> usize {
    let (inner, rest) = (element % grid.inner, element / grid.inner);
    let (axis, outer) = (rest % grid.axis, rest / grid.axis);
    match grid.grain {
        Grain::Tensor => 0,
        Grain::Axis => axis,
        Grain::Block(block) => {
            let blocks = grid.axis.div_ceil(block);
            (outer * blocks + axis / block) * grid.inner + inner
        }
    }
}

proptest! {
    #[test]
    fn each_element_meets_its_scale(grid in grids(), seed: u32) {
        let [elements, count] = grid.lengths().unwrap();
        let x: Vec<u8> = numbers(elements, seed).map(|x| x as u8).collect();
        let scales: Vec<f32> = numbers(count, seed ^ 1).map(|s| 0.01 + f32::from(s).abs() * 0.1).collect();
        let zeros: Vec<u8> = numbers(count, seed ^ 2).map(|z| z as u8).collect();
        let (scale_cells, zero_points) = (cells(&scales), Some(Source::Constant(&zeros[..])));
        let (real, back) = (cells(&vec![0.0f32; elements]), cells(&vec![0u8; elements]));
        dequantize(&Dequantize {
            grid, input: Source::Constant(&x), scales: Source::Constant(&scales), zero_points, output: &real,
        }).unwrap();
        for (i, y) in values(&real).into_iter().enumerate() {
            let scale = scale_of(&grid, i);
            prop_assert_eq!(y, (i32::from(x[i]) - i32::from(zeros[scale])) as f32 * scales[scale]);
        }
        quantize(&Quantize {
            grid, input: &real, scales: Source::Cells(&scale_cells), zero_points, output: &back,
        }).unwrap();
        prop_assert_eq!(values(&back), x);
    }
}

#[test]
fn every_type_saturates() {
    let grid = Grid {
        outer: 1,
        axis: 1,
        inner: 4,
        grain: Grain::Tensor,
    };
    let input = cells(&[2.5f32, 1e9, f32::NEG_INFINITY, f32::NAN]);
    fn run<Q: Integer>(grid: Grid, input: &[Cell<f32>], zero_point: Q) -> Vec<i32> {
        let output = cells(&[Q::default(); 4]);
        let zero_points = Some(Source::Constant(core::slice::from_ref(&zero_point)));
        let scales = Source::Constant(&[1.0][..]);
        quantize(&Quantize {
            grid,
            input,
            scales,
            zero_points,
            output: &output,
        })
        .unwrap();
        values(&output).into_iter().map(Q::into).collect()
    }
    assert_eq!(run(grid, &input, 1i8), [3, 127, -128, 1]);
    assert_eq!(run(grid, &input, 1u8), [3, 255, 0, 1]);
    assert_eq!(run(grid, &input, -1i16), [1, 32767, -32768, -1]);
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    let grid = Grid {
        outer: 2,
        axis: 3,
        inner: 1,
        grain: Grain::Block(2),
    };
    let output = cells(&[7.0f32; 6]);
    let op = Dequantize {
        grid,
        input: Source::Constant(&[1i32; 6]),
        scales: Source::Constant(&[1.0; 4]),
        zero_points: None,
        output: &output,
    };
    let grain = |grain| Grid { grain, ..grid };
    for grid in [
        grain(Grain::Block(0)),
        grain(Grain::Axis),
        grain(Grain::Tensor),
    ] {
        assert_eq!(dequantize(&Dequantize { grid, ..op }), Err(ContractError));
    }
    let zero_points = Some(Source::Constant(&[0i32; 3][..]));
    assert_eq!(
        dequantize(&Dequantize { zero_points, ..op }),
        Err(ContractError)
    );
    assert_eq!(values(&output), [7.0; 6], "written before the check");
    assert_eq!(dequantize(&op), Ok(()));
}
