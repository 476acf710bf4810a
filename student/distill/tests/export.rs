//! Exported students give the same logits in tract as in burn, for every family.

use cadet_data::{SyntheticConfig, SyntheticTask};
use cadet_host::OnnxRunner;
use cadet_nets::{Architecture, CnnConfig, DsCnnConfig, Head, MlpConfig, Model};

#[test]
fn tract_agrees_with_burn() {
    let config = SyntheticConfig {
        task: SyntheticTask::Gestures,
        rows: 20,
        test_rows: 1,
        seed: 5,
    };
    let data = config.generate("gestures");
    let architectures = [
        Architecture::Cnn(CnnConfig {
            kernel: [3, 3],
            channels: vec![6, 10],
            strides: vec![3, 2],
            head: Head::Flatten,
        }),
        Architecture::DsCnn(DsCnnConfig {
            stem_kernel: [9, 1],
            stem_channels: 8,
            stem_stride: 4,
            kernel: [5, 1],
            channels: vec![12, 7],
            strides: vec![1, 2],
            head: Head::Average,
        }),
        Architecture::Mlp(MlpConfig {
            hidden: vec![16, 8],
        }),
    ];
    for architecture in architectures {
        let family = architecture.family();
        let model = Model::new(architecture.layers(data.item_shape(), 5).unwrap(), 3);
        let runner = OnnxRunner::from_bytes(&model.to_onnx(family, &[]), 1).unwrap();
        assert_eq!(runner.inputs()[0].shape, [1, 3, 64, 1]);
        assert_eq!(runner.outputs()[0].name, "logits");
        let expected = model.predict(data.inputs(), 2);
        let largest = expected
            .iter()
            .fold(0.0_f32, |most, logit| most.max(logit.abs()));
        for (row, expected) in expected.chunks_exact(5).enumerate() {
            let outputs = runner.run(&[(data.item(row), &[1, 3, 64, 1])]).unwrap();
            for (got, expected) in outputs[0].values.iter().zip(expected) {
                let error = (got - expected).abs() / largest;
                assert!(error <= 1e-5, "{family}, row {row}: {got} and {expected}");
            }
        }
    }
}
