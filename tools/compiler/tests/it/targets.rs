//! Packages that are laid out when they are compiled, for every kind of host.

use cadet_compiler::{Compiled, Numerics, Options, Weights, compile, fit};
use cadet_format::{Generator as Noise, Layout, Package};
use cadet_host::{AlignedBytes, PackageFile};
use cadet_kernels::Isa;
use cadet_repack::{HostTarget, laid_out, layout};
use cadet_runtime::{run_golden, self_test};

use crate::int8::{residual_net, samples};
use crate::support::{Generator, Machine};

fn for_target(options: &Options, host: HostTarget) -> Options {
    Options {
        target: host.id,
        layout: host.layout,
        ..options.clone()
    }
}

/// Checksums of all steps' outputs, and the model's output.
fn results(compiled: &Compiled, isa: Isa) -> (Vec<u32>, Vec<u8>) {
    Machine::new(compiled).with_session(|session| {
        session.set_isa(isa);
        let mut crcs = Vec::new();
        run_golden(session, &mut Noise::new(5), |_, _, crc| {
            crcs.push(crc);
            Ok(())
        })
        .unwrap();
        (crcs, session.output(0, 0).unwrap().to_vec())
    })
}

/// That there is nothing to do for a host of this kind, and what other hosts do.
fn check_layout(compiled: &Compiled, host: HostTarget) {
    let bytes = AlignedBytes::copy_of(&compiled.package);
    let package = Package::new(bytes.as_slice()).unwrap();
    assert_eq!(package.target(), host.id, "{}", host.name);
    assert!(laid_out(&package, host.id, host.layout).is_none());
    let mut layouts = package.kernels().iter().map(|id| id.layout);
    let is_canonical = layouts.all(|it| it == Layout::Canonical as u8);
    assert_eq!(is_canonical, host.layout == Layout::Canonical);
    if !is_canonical {
        assert!(laid_out(&package, host.id, Layout::Canonical).is_some());
    }
    let flash = &compiled.report.flash;
    assert_eq!(flash.total, compiled.package.len());
    assert_eq!(flash.weights, package.weights(0).unwrap().len());
}

#[test]
fn integers_are_the_same_whatever_the_target_and_the_instruction_set() {
    let mut random = Generator::new(7);
    let onnx = residual_net(&mut random);
    let samples = samples(&mut random, 4, 3 * 12 * 10);
    for numerics in [Numerics::Onnx, Numerics::Tflite, Numerics::Tflm] {
        let options = Options {
            numerics,
            ..Options::int8(samples.clone())
        };
        let expected = results(&compile(&onnx, &options).unwrap(), Isa::Baseline);
        for host in HostTarget::ALL {
            let options = for_target(&options, *host);
            let compiled = compile(&onnx, &options).unwrap();
            check_layout(&compiled, *host);
            for isa in Isa::all() {
                let found = results(&compiled, isa);
                assert_eq!(found, expected, "{} by {}", host.name, isa.name());
                Machine::new(&compiled).with_session(|session| {
                    session.set_isa(isa);
                    self_test(session).unwrap();
                });
            }
        }
    }
}

#[test]
fn floats_are_the_same_whatever_the_target_and_close_by_every_instruction_set() {
    let onnx = residual_net(&mut Generator::new(7));
    for weights in [Weights::F32, Weights::F16, Weights::Int8] {
        let options = Options {
            weights,
            ..Options::float()
        };
        let expected = results(&compile(&onnx, &options).unwrap(), Isa::Baseline);
        for host in HostTarget::ALL {
            let options = for_target(&options, *host);
            let compiled = compile(&onnx, &options).unwrap();
            check_layout(&compiled, *host);
            let foretold = fit(&onnx, &options).unwrap().flash;
            assert_eq!(foretold.total, compiled.package.len(), "{}", host.name);
            assert_eq!(results(&compiled, Isa::Baseline), expected, "{}", host.name);
            for isa in Isa::all() {
                let (_, found) = results(&compiled, isa);
                let floats = [&found, &expected.1].map(|it| bytemuck::pod_collect_to_vec(it));
                let [found, expected]: [Vec<f32>; 2] = floats;
                for (y, expected) in found.iter().zip(expected) {
                    let name = (host.name, isa.name());
                    assert!((y - expected).abs() < 1e-5, "{y} for {expected}, {name:?}");
                }
            }
        }
    }
}

#[test]
fn a_package_for_this_processor_is_used_where_it_lies() {
    let onnx = residual_net(&mut Generator::new(7));
    let folder = tempfile::tempdir().unwrap();
    let ours = layout(Isa::detect());
    let mut in_place = 0;
    for host in HostTarget::ALL {
        let options = for_target(
            &Options::int8(samples(&mut Generator::new(8), 2, 360)),
            *host,
        );
        let path = folder.path().join(host.name);
        std::fs::write(&path, compile(&onnx, &options).unwrap().package).unwrap();
        let file = PackageFile::open(&path).unwrap();
        let mapped = file.package().unwrap().bytes().as_ptr();
        let file = file.laid_out().unwrap();
        let package = file.package().unwrap();
        let is_mapped = package.bytes().as_ptr() == mapped;
        assert_eq!(is_mapped, host.layout == ours, "{}", host.name);
        assert!(laid_out(&package, package.target(), ours).is_none());
        in_place += usize::from(is_mapped);
    }
    assert!(in_place > 0);
}
